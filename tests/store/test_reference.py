"""The reference of tables is what the tables say."""

from pathlib import Path

from garraway.store.reference import NAME, page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / NAME


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
