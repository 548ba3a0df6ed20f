"""The records as NumPy sees them are the records as the reference has them."""

import numpy as np

from garraway import _native


def test_records_are_96_bytes_without_gaps() -> None:
    for dtype in (_native.COMMAND, _native.EVENT):
        assert dtype.itemsize == 96
        assert dtype.names is not None
        assert dtype.fields is not None
        offsets = [dtype.fields[name][1] for name in dtype.names]
        assert offsets == sorted(offsets)
    assert np.zeros(3, _native.EVENT).nbytes == 288


def test_events_have_their_fields_where_the_reference_says() -> None:
    assert _native.EVENT.fields is not None
    found = {name: _native.EVENT.fields[name][1] for name in _native.EVENT.names or ()}
    assert found == {
        "length": 0,
        "kind": 2,
        "version": 3,
        "account": 4,
        "event_id": 8,
        "at_ns": 16,
        "instrument": 24,
        "source": 28,
        "side": 30,
        "detail": 31,
        "source_seq": 32,
        "client_ref": 40,
        "price": 48,
        "quantity": 56,
        "leaves": 64,
        "value": 72,
        "fee": 80,
        "released": 88,
    }


def test_every_command_fits_its_size() -> None:
    for name, spec in _native.COMMANDS.items():
        end = max(offset + np.dtype(kind).itemsize for _, offset, kind in spec["fields"])
        assert end == spec["size"], name
        assert set(spec["uses"]) <= {field for field, _, _ in [*spec["fields"], *_native.COMMAND_HEAD]}, name


def test_codes_count_up_from_one() -> None:
    for table in (_native.COMMANDS, _native.EVENTS, _native.REJECTS):
        codes = [spec["code"] for spec in table.values()]
        assert codes == list(range(1, len(codes) + 1))
