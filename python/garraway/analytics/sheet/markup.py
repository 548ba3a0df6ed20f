"""HTML that is safe by default: every text is escaped unless it was made here. Touches nothing."""

from html import escape

VOID = frozenset({"meta", "br", "rect", "line", "path"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | float | None) -> Markup:
    """An element with its children, which are escaped unless they are Markup.

    Attributes of None are left out; a trailing underscore is dropped (`class_`), others become hyphens.
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID and not children:
        return Markup(f"<{name}{said}>" if name in {"meta", "br"} else f"<{name}{said}/>")
    return Markup(f"<{name}{said}>{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    """Children one after the other, escaped unless they are Markup."""
    return Markup("".join(one if isinstance(one, Markup) else escape(one) for one in children))
