"""The page `docs/guides/first-day.md` as it stands: its commands run by a shell, its answers are those that come."""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.e2e.test_first_day import DEADLINE_S, FINANCE, password_of, running_venue

PAGE: Final = Path(__file__).parents[2] / "docs" / "guides" / "first-day.md"
BLANKS: Final = "    "
SHELL: Final = "set -euo pipefail"
MOMENT_S: Final = 6
"""What the page calls a moment, on a machine that runs other tests beside."""


def commands(page: str) -> list[str]:
    """The lines that a reader types, in their order, without what comes back."""
    lines = [line.removeprefix(BLANKS) for line in page.splitlines() if line.startswith(BLANKS)]
    return [line for line in lines if line[0] not in "{[" and line != "make up"]


def answers(page: str) -> list[str]:
    """The answers that the page shows whole."""
    lines = [line.removeprefix(BLANKS) for line in page.splitlines() if line.startswith(BLANKS)]
    return [line for line in lines if line[0] in "{[" and "..." not in line]


@pytest.mark.skipif(shutil.which("jq") is None, reason="the page is written for a shell with jq")
@pytest.mark.timeout(DEADLINE_S + 30)
def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")

    async def scenario() -> str:
        async with running_venue(tmp_path / "var") as (venue, place):
            known = {
                "API=http://127.0.0.1:8080/api/v1": f"API={place['url']}/api/v1",
                "PASSWORD=...": f"PASSWORD={await password_of(venue, FINANCE)}",
            }
            script = "\n".join([SHELL, *commands(page)])
            for written, meant in known.items():
                assert script.count(written) == 1, written
                script = script.replace(written, meant)
            script = script.replace(".venv/bin/garraway", f"{sys.executable} -m garraway.cli")
            script = script.replace("sleep 1", f"sleep {MOMENT_S}")
            return await run(script, tmp_path)

    said = asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))
    missing = [line for line in answers(page) if line not in said]
    assert missing == [], said
    assert '["BTC-USD","buy"' in said, said


async def run(script: str, folder: Path) -> str:
    """What a shell says to the script; it must end well."""
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        script,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"GARRAWAY_FOLDER": "var"},
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()
