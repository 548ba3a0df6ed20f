"""The report as people see it."""

from pathlib import Path

from tests.catalog.recorded import ADD, BUY, EXECUTE, SELL, message, replayed

from garraway.catalog import replay_lobster, summary, write_sample


def test_small_day_is_shown_whole(tmp_path: Path) -> None:
    lines = [
        message(0, ADD, 7, 30, 1005, SELL),
        message(1, ADD, 8, 40, 1005, SELL),
        message(2, EXECUTE, 7, 10, 1005, SELL),
        message(3, EXECUTE, 8, 15, 1005, SELL),
    ]
    report = replayed(tmp_path, lines)
    hashes = f"{report.state_hash}, {report.events_hash[:16]}"
    assert (
        summary(report)
        == f"""\
Executions in which our matching would take another resting order:
line             time  side   price  size  file took  we take  why
   5  34203.000000000  sell  0.1005    15          8        7  passed over

book_0.csv, 1 rows
  best quotes equal in 100.00 % of the rows
  all 2 levels equal in 100.00 %, the first 2 in every row

messages         5
executions       2
same order       1 = 50.00 %
different        1
unseen, hidden   0, 1
seeded           4 orders
beyond the seed  0
engine           {report.commands} commands, {report.events} events, 6 orders open
state, events    {hashes}

1 trades of ours, 0.1005 to 0.1005, last 0.1005
▁

Our book at the end, best levels:
  ask      0.102       60 ██████████████████
  ask      0.101       50 ███████████████
  ask     0.1005       45 █████████████
  bid       0.10      100 ██████████████████████████████
  bid      0.099       70 █████████████████████"""
    )


def test_day_without_trades_differences_and_levels_has_no_pictures(tmp_path: Path) -> None:
    empty = "9999999999,0,-9999999999,0"
    text = summary(replayed(tmp_path, [message(0, EXECUTE, 7, 10, 1005, SELL)], [empty]))
    assert "same order       0 = -" in text
    assert "trades" not in text
    assert "best levels" not in text


def test_crossing_adds_are_shown(tmp_path: Path) -> None:
    assert "adds that cross  1, 1 orders removed" in summary(replayed(tmp_path, [message(0, ADD, 7, 5, 1010, BUY)]))


def test_lines_fit_a_terminal(tmp_path: Path) -> None:
    sample = write_sample(tmp_path)
    assert max(map(len, summary(replay_lobster(sample.messages, [sample.book])).splitlines())) <= 80
