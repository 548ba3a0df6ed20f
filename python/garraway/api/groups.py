"""Groups of accounts as JSON: what staff write, the command that defines it, and back. Touches `units`, `records`."""

from typing import Annotated, Any, Final

from pydantic import Field

from garraway.api.decimals import Asked, Decimal
from garraway.api.problems import invalid, translated
from garraway.records import body, encode, head, item, items
from garraway.records.commands import HEAD_SIZE
from garraway.store import history
from garraway.units import AssetTerms, money_text, money_units
from garraway.venues import Directory

KIND: Final = "DefineGroup"
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,16}$")]
GroupNumber = Annotated[int, Field(ge=1, le=4_095)]


class TierSaid(Asked):
    """From which traded value in a month which fee plan applies; plan 0: the instrument's own rates."""

    traded: Decimal
    plan: Annotated[int, Field(ge=0, le=255)]


class GroupContent(Asked):
    """A group of accounts: its name, and fee plans by what an account traded in a month, counted in an asset."""

    name: Name
    asset: Annotated[str, Field(min_length=1, max_length=16)] | None = None
    tiers: Annotated[list[TierSaid], Field(max_length=64, default_factory=list)]

    def said(self) -> dict[str, Any]:
        """It as JSON, and nothing beside."""
        return GroupContent.model_dump(self, mode="json", include={"name", "asset", "tiers"})


def group_record(group: int, content: GroupContent, directory: Directory) -> bytes:
    """The command that defines it. Raises: Problem: 422 with the field named."""
    number = 0
    tiers: list[bytes] = []
    if content.tiers:
        found = [(number, terms) for number, terms in directory.assets.items() if terms.code == content.asset]
        if not found:
            raise invalid("asset", "AssetUnknown", "tiers are counted in an asset: name one that is defined")
        number, terms = found[0]
        tiers = [item(KIND, traded=_traded(tier, terms), plan=tier.plan) for tier in content.tiers]
    return encode(KIND, items=tiers, group=group, name=content.name, asset=number)


def group_said(record: bytes, directory: Directory) -> dict[str, Any]:
    """What a command defines, as `GroupContent.said` says it."""
    told, size = body(KIND, record[HEAD_SIZE:]), len(item(KIND, traded=0, plan=0))
    name, number, count = told["name"], told["asset"], head(record)["items"]
    assert isinstance(name, bytes)
    assert isinstance(number, int)
    end = head(record)["length"] - head(record)["tail"]
    terms = directory.assets.get(number) if count else None
    found = items(KIND, record[end - count * size : end])
    tiers = [{"traded": money_text(_whole(one, "traded"), terms), "plan": one["plan"]} for one in found if terms]
    return {"name": name.decode("ascii"), "asset": terms.code if terms else None, "tiers": tiers}


def told_by_view(row: history.Row, directory: Directory) -> dict[str, Any]:
    """What the views know of a group that this service did not define: its tiers only where it has none."""
    terms = directory.assets.get(row["asset"]) if row["tiers"] else None
    return {
        "name": row["name"],
        "asset": terms.code if terms is not None else None,
        "tiers": None if row["tiers"] else [],
    }


def _traded(tier: TierSaid, terms: AssetTerms) -> int:
    return translated("tiers", lambda: money_units(tier.traded, terms))


def _whole(said: dict[str, int | bytes], name: str) -> int:
    value = said[name]
    assert isinstance(value, int)
    return value
