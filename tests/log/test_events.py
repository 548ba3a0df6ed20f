"""Log events: a line each, as JSON or for people, from a level on."""

import io
import json
import logging
from typing import Any

from garraway.log import LibraryHandler, Log


def told(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_its_fields() -> None:
    stream = io.StringIO()
    log = Log(stream, lambda: 5).bind(room="x", correlation_id="c-1")
    log.info("order_rejected", order_id=7, reason="two\nlines", prices=(1, 2), why=None)
    assert told(stream) == [
        {
            "at_ns": 5,
            "level": "info",
            "event": "order_rejected",
            "room": "x",
            "correlation_id": "c-1",
            "order_id": 7,
            "reason": "two\nlines",
            "prices": [1, 2],
            "why": None,
        }
    ]
    assert stream.getvalue().count("\n") == 1


def test_what_is_below_the_level_is_not_written() -> None:
    for level, written in (("debug", 4), ("info", 3), ("warning", 2), ("error", 1)):
        stream = io.StringIO()
        log = Log(stream, lambda: 5, level=level)  # type: ignore[arg-type]
        for write in (log.debug, log.info, log.warning, log.error):
            write("said")
        assert len(told(stream)) == written


def test_people_get_a_line_of_their_own() -> None:
    stream = io.StringIO()
    log = Log(stream, lambda: 1_790_000_000_123_000_000, pretty=True)
    log.warning("market_step", steps=3, text="a\nb", password="hunter2")
    assert stream.getvalue() == "14:13:20.123 warning market_step              steps=3 text=a\\nb password=[redacted]\n"


def test_what_libraries_log_becomes_events_without_frames() -> None:
    stream = io.StringIO()
    logger = logging.getLogger("garraway.tests.library")
    logger.propagate = False
    logger.addHandler(LibraryHandler(Log(stream, lambda: 5)))
    logger.warning("login %s failed", "postgresql://me:planted@host/name")
    try:
        int("token=planted")
    except ValueError:
        logger.exception("it broke")
    assert [(one["level"], one["text"], one.get("exception")) for one in told(stream)] == [
        ("warning", "login postgresql://me:[redacted]@host/name failed", None),
        ("error", "it broke", "ValueError: invalid literal for int() with base 10: 'token=[redacted]"),
    ]
    assert "planted" not in stream.getvalue()
    assert "Traceback" not in stream.getvalue()
