"""Queries of the views on both databases."""

from sqlalchemy import insert

from garraway.store import Database, history, partitions
from garraway.store.tables.view_history import LEDGER_ENTRIES

HUGE = 2**62
FIRST_NS = 1_800_000_000_000_000_000


def test_what_was_posted_in_a_step_may_be_more_than_the_database_counts_to(migrated: Database) -> None:
    amounts = [(5, 7), (10, HUGE), (11, HUGE), (12, HUGE), (25, -HUGE), (26, -HUGE), (27, -HUGE), (28, -3), (4, 99)]
    rows = [
        {"account": 1, "event_id": number, "leg": 0, "at_ns": FIRST_NS + at_ns, "asset": 1 + number % 2}
        | {"amount": amount, "reason": 1, "reference": 0}
        for number, (at_ns, amount) in enumerate(amounts)
    ]
    with migrated.writing() as connection:
        if migrated.dialect == "postgresql":
            partitions.make_months(connection, LEDGER_ENTRIES, partitions.months_of([FIRST_NS]))
        connection.execute(insert(LEDGER_ENTRIES), rows + [row | {"account": 2} for row in rows])
    naive: dict[int, dict[int, int]] = {1: {}, 2: {}}
    for row in rows:
        if row["at_ns"] >= FIRST_NS + 5:
            step = (row["at_ns"] - FIRST_NS - 5) // 10
            naive[row["asset"]][step] = naive[row["asset"]].get(step, 0) + row["amount"]
    with migrated.reading() as connection:
        assert history.posted(connection, 1, since_ns=FIRST_NS + 5, step_ns=10) == naive
