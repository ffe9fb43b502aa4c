"""Draws the platform's picture as one SVG file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from inferctl.platform_diagram.boxes import Box, Template, boxes
from inferctl.platform_diagram.layout import HEAD, LINE, MARGIN, PADDING, Area, Layout, lay_out
from inferctl.platform_diagram.links import Link, links
from inferctl.platform_diagram.order import ordered

_INK, _FAINT, _PAPER, _CARD = "#1d1d1f", "#6b6b70", "#ffffff", "#f6f7f9"
# Okabe and Ito's colours, told apart with any colour vision; https://jfly.uni-koeln.de/color/
_COLOURS = ("#0072b2", "#009e73", "#d55e00", "#cc79a7", "#e69f00", "#56b4e9")
_LONGEST = 36
_LEGEND = "an arrow leads from what needs to what is needed"


def draw(templates: Mapping[str, Template], *, title: str) -> str:
    """The SVG's text for stacks in the order of their deployment, the same for the same templates.

    Raises ValueError when no stack has anything to show.
    """
    found = [box for stack, template in templates.items() for box in boxes(stack, template)]
    stacks = [stack for stack in templates if any(box.stack == stack for box in found)]
    if not stacks:
        raise ValueError("the templates have no resource that can be drawn")
    base = next((box.stack for box in found if box.title == "VPC"), None)
    found = ordered(found, links(templates, found), kept=base)
    layout = lay_out(found, stacks, base)
    colours = {stack: _COLOURS[n % len(_COLOURS)] for n, stack in enumerate(layout.cards)}
    body = [
        part for stack, area in layout.cards.items() for part in _card(stack, area, colours[stack])
    ]
    body += _arrows(links(templates, found), found, layout, colours)
    for box, area in zip(found, layout.places, strict=True):
        body += _box(box, area, colours[box.stack])
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width} {layout.height}"'
            f' font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif" role="img"'
            f' aria-label="{escape(title)}">',
            f'<rect width="{layout.width}" height="{layout.height}" fill="{_PAPER}"/>',
            _text(MARGIN, 34, title, size=18, weight=600),
            *body,
            _text(MARGIN, layout.height - 12, _LEGEND, size=12, colour=_FAINT),
            "</svg>",
            "",
        ]
    )


def _card(stack: str, area: Area, colour: str) -> list[str]:
    return [
        _rectangle(area, radius=10, fill=_CARD, stroke=colour, opacity=0.5),
        _text(area.x + 12, area.y + 23, stack, size=13, weight=600, colour=colour),
    ]


def _box(box: Box, area: Area, colour: str) -> list[str]:
    parts = [
        _rectangle(area, radius=6, fill=_PAPER, stroke=colour, opacity=1),
        _text(area.x + 10, area.y + 18, box.title, size=13, weight=600),
    ]
    for row, line in enumerate(box.details):
        text = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
        y = area.y + HEAD + 10 + row * LINE
        parts.append(_text(area.x + 10, y, text, size=12, colour=_FAINT))
    return parts


def _arrows(
    found: Sequence[Link], boxes: Sequence[Box], layout: Layout, colours: Mapping[str, str]
) -> list[str]:
    """One arrow a link, but one a column to the stack below, and none inside of that."""
    parts = []
    arrived: dict[tuple[int, bool], int] = {}
    standing = set()
    for link in found:
        source, target = boxes[link.source].stack, boxes[link.target].stack
        if layout.base in (source, target):
            if source != layout.base:
                standing.add(source)
            continue
        start, end = layout.places[link.source], layout.places[link.target]
        from_left = start.x < end.x
        slot = arrived.get((link.target, from_left), 0)
        arrived[link.target, from_left] = slot + 1
        y = min(end.y + 13 + 10 * slot, end.bottom - 6)
        parts += _curve(start, end, y, colours[source], abs(link.source - link.target))
    for stack in layout.cards:
        if stack in standing and layout.base is not None:
            area, base = layout.cards[stack], layout.cards[layout.base]
            if base.y > area.bottom:
                x = area.x + area.width // 2
                parts += _path(f"M{x} {area.bottom} V{base.y - 6}", colours[stack])
                parts.append(_head(x, base.y, "-4 -7 h8", colours[stack]))
            else:
                parts += _path(f"M{area.right} {base.y + 18} H{base.x - 6}", colours[stack])
                parts.append(_head(base.x, base.y + 18, "-7 -4 v8", colours[stack]))
    return parts


def _curve(start: Area, end: Area, y: int, colour: str, distance: int) -> list[str]:
    if start.x == end.x:
        bend = start.right + PADDING + 12 + 6 * min(distance, 8)
        # below the heads of what arrives
        low = start.bottom - 8
        path = f"M{start.right} {low} C{bend} {low} {bend} {y} {end.right + 6} {y}"
        return [*_path(path, colour), _head(end.right, y, "7 -4 v8", colour)]
    if start.x < end.x:
        path = f"M{start.right} {start.middle} C{start.right + 60} {start.middle}"
        path += f" {end.x - 66} {y} {end.x - 6} {y}"
        return [*_path(path, colour), _head(end.x, y, "-7 -4 v8", colour)]
    path = f"M{start.x} {start.middle} C{start.x - 60} {start.middle}"
    path += f" {end.right + 66} {y} {end.right + 6} {y}"
    return [*_path(path, colour), _head(end.right, y, "7 -4 v8", colour)]


def _path(path: str, colour: str) -> list[str]:
    return [f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>']


def _head(x: int, y: int, back: str, colour: str) -> str:
    return f'<path d="M{x} {y} l{back} z" fill="{colour}"/>'


def _rectangle(area: Area, *, radius: int, fill: str, stroke: str, opacity: float) -> str:
    return (
        f'<rect x="{area.x}" y="{area.y}" width="{area.width}" height="{area.height}"'
        f' rx="{radius}" fill="{fill}" stroke="{stroke}" stroke-opacity="{opacity:g}"/>'
    )


def _text(x: int, y: int, text: str, *, size: int, colour: str = _INK, weight: int = 400) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" font-weight="{weight}"'
        f' xml:space="preserve">{escape(text)}</text>'
    )
