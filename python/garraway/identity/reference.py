"""The page that lists who may do what, made from the table. Touches nothing."""

from typing import Final

from garraway.identity.permissions import RULES, Extent, Rule
from garraway.identity.principal import Role

_WORDS: Final = {Extent.ALL: "all", Extent.GROUP: "group", Extent.OWN: "own", Extent.NONE: "-"}
_HEAD: Final = """\
# Permissions

Made from `python/garraway/identity/permissions.py` by `make docs`. What is not here nobody may.

A cell says how far a role reaches: its own things, those of the clients of its groups, all, or not at all (`-`). A
user with several roles reaches as far as the widest. *Scope*: what an API key or an OAuth client must have been given.
*Fresh*: asks for a second factor of the last five minutes.

"""


def permissions_page() -> str:
    """`docs/reference/permissions.md`."""
    heads = ["Resource", "Action", "Scope", "Fresh", *(role.value for role in Role)]
    rows = [
        [name.resource, name.action, rule.needs.value, "yes" if rule.fresh else "", *_cells(rule)]
        for name, rule in RULES.items()
    ]
    lines = [heads, ["---"] * len(heads), *rows]
    return _HEAD + "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def _cells(rule: Rule) -> list[str]:
    return [_WORDS[rule.extents[role]] for role in Role]
