"""Small drawing functions: marks on a plane of 1000 by 1000 as SVG, and the frame with its labels. Touches nothing.

The plane is stretched to the width of the page; strokes keep their width and the labels are HTML, so that a phone shows
the same chart with letters of the same size. Colours are names of the style sheet, for light and dark pages alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from garraway.analytics.frames import Floats
from garraway.analytics.sheet.markup import Markup, joined, tag
from garraway.analytics.sheet.scales import SIZE


@dataclass(frozen=True, slots=True)
class Tick:
    """A label at the edge of a chart."""

    at: float
    """On the plane, 0 to 1000 from left or top."""
    text: str


def line(x: Floats, y: Floats, class_: str) -> Markup:
    """A line through points; it breaks where a number is none."""
    return tag("path", class_=f"line {class_}", d=_through(x, y))


def area(x: Floats, low: Floats, high: Floats, class_: str) -> Markup:
    """What lies between two lines, without a gap."""
    if not len(x):
        return Markup("")
    there, back = _through(x, high), _through(x[::-1], low[::-1])
    return tag("path", class_=f"area {class_}", d=f"{there}L{back[1:]}Z")


def dots(x: Floats, y: Floats, class_: str) -> Markup:
    """A round dot at each point, all as one path."""
    return tag("path", class_=f"dots {class_}", d="".join(f"M{_at(a)} {_at(b)}h0" for a, b in zip(x, y, strict=True)))


def bars(x: Floats, width: float, y: Floats, base: float, class_: str) -> Markup:
    """Bars from the base to each point, all as one path."""
    parts = [f"M{_at(a - width / 2)} {_at(base)}V{_at(b)}h{_at(width)}V{_at(base)}Z" for a, b in zip(x, y, strict=True)]
    return tag("path", class_=f"area {class_}", d="".join(parts))


def level(y: float, class_: str) -> Markup:
    """A line from left to right."""
    return tag("path", class_=f"line {class_}", d=f"M0 {_at(y)}H{SIZE}")


def upright(x: float, class_: str) -> Markup:
    """A line from top to bottom."""
    return tag("path", class_=f"line {class_}", d=f"M{_at(x)} 0V{SIZE}")


def chart(marks: Sequence[Markup], *, x: Sequence[Tick], y: Sequence[Tick], label: str, height: str = "tall") -> Markup:
    """The plane with its marks, a line for each label of y, and all labels."""
    grid = [level(one.at, "grid") for one in y]
    plane = tag(
        "svg",
        *grid,
        *marks,
        viewBox=f"0 0 {SIZE} {SIZE}",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    )
    beside = [tag("span", one.text, style=f"top:{one.at / SIZE:.2%}") for one in y if 0 <= one.at <= SIZE]
    below = [
        tag("span", one.text, style=f"left:{one.at / SIZE:.2%}", class_=_edge(one.at))
        for one in x
        if 0 <= one.at <= SIZE
    ]
    return tag(
        "div",
        plane,
        tag("div", *beside, class_="y", aria_hidden="true"),
        tag("div", *below, class_="x", aria_hidden="true"),
        class_=f"plot {height}",
    )


def legend(*entries: tuple[str, str]) -> Markup:
    """What the colours are: class and text of each."""
    return tag("p", *(joined(tag("i", class_=name), tag("span", text)) for name, text in entries), class_="legend")


def _edge(place: float) -> str | None:
    """At either end a label stands within the chart."""
    return "first" if place < SIZE * 0.03 else "last" if place > SIZE * 0.97 else None


def _through(x: Floats, y: Floats) -> str:
    parts, pen = [], "M"
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        if not np.isfinite(b):
            pen = "M"
            continue
        parts.append(f"{pen}{_at(a)} {_at(b)}")
        pen = "L"
    return "".join(parts)


def _at(place: float) -> str:
    return f"{place:.1f}".removesuffix(".0")
