"""How old backups are, for `/metrics`: read from the folder of backups itself whenever somebody asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from garraway.backup import Shelf, last_proof

SECOND_NS: Final = 10**9
SET: Final = "venue"


@dataclass(frozen=True)
class BackupMeters(Collector):
    """The figures of a folder of backups. 0 s: there is none yet; what cannot be read is as good as none."""

    shelf: Shelf

    def collect(self) -> Iterator[Metric]:
        """When the newest was made, what it takes, when one was last proved by a replay or a restore."""
        try:
            newest = self.shelf.newest()
        except OSError:
            newest = None
        proof = last_proof(self.shelf.folder)
        made_s = newest.made_at_ns / SECOND_NS if newest is not None else 0
        yield _gauge("backup_last_success_timestamp_seconds", "When the newest whole backup was made.", made_s)
        yield _gauge("backup_last_size_bytes", "What the newest whole backup takes.", newest.stored if newest else 0)
        yield _gauge(
            "backup_last_verified_restore_timestamp_seconds",
            "When a backup was last proved by a replay or a restore.",
            proof.at_ns / SECOND_NS if proof is not None else 0,
        )

    def describe(self) -> Iterator[Metric]:
        """Nothing is read to register it."""
        return iter(())


def _gauge(name: str, doc: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, doc, labels=("set",))
    family.add_metric((SET,), value)
    return family
