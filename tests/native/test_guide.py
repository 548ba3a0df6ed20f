"""The guide to the engine runs as it is printed."""

from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "engine.md"


def test_every_block_of_the_guide_runs() -> None:
    blocks = GUIDE.read_text().split("```python\n")[1:]
    code = "\n".join(block.split("```")[0] for block in blocks)
    assert len(blocks) == 2
    exec(compile(code, str(GUIDE), "exec"), {})
