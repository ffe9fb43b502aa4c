"""Draws a fleet as one SVG file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from inferctl.fleet_diagram.fleet import Owner, Pool

WIDTH = 960
_MARGIN, _GAP = 24, 20
_DOOR_X, _OWNER_X, _HOST_X = 24, 190, 470
_LINE, _CHIP, _CHIPS_A_ROW = 34, 46, 8
# Okabe and Ito's colours, told apart with any colour vision; https://jfly.uni-koeln.de/color/
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_FREE, _INK, _FAINT, _PAPER = "#e8e8e8", "#1d1d1f", "#6b6b70", "#ffffff"


def draw(pools: Sequence[Pool], *, title: str) -> str:
    """The SVG's text, the same for the same fleet."""
    body: list[str] = []
    colours = iter(_COLOURS * (1 + sum(len(pool.owners) for pool in pools)))
    top = 64
    for pool in pools:
        height = max(_host_height(pool), _LINE * max(len(pool.owners), 1) + 8)
        body += _row(pool, {owner.name: next(colours) for owner in pool.owners}, top)
        top += height + _GAP + 12
    height = top + 14
    legend = (
        "a square is a chip with its NeuronCores as the runtime numbers them;"
        " dashed: a one-off task; grey: free"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
            f' font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif" role="img"'
            f' aria-label="{escape(title)}">',
            f'<rect width="{WIDTH}" height="{height}" fill="{_PAPER}"/>',
            _text(_MARGIN, 34, title, size=18, weight=600),
            *body,
            _text(_MARGIN, height - 14, legend, size=12, colour=_FAINT),
            "</svg>",
            "",
        ]
    )


def _row(pool: Pool, colours: dict[str, str], top: int) -> list[str]:
    parts = _host(pool, colours, top)
    for position, owner in enumerate(pool.owners):
        middle = top + 22 + position * _LINE
        parts += _owner(pool, owner, colours[owner.name], middle)
    if not pool.owners:
        parts.append(_text(_OWNER_X, top + 27, "nothing yet", size=13, colour=_FAINT))
    return parts


def _owner(pool: Pool, owner: Owner, colour: str, middle: int) -> list[str]:
    dash = ' stroke-dasharray="5 3"' if owner.is_task else ""
    parts = [
        _line(_OWNER_X + 206, middle, _HOST_X - 6, middle, colour, arrow=True),
        f'<rect x="{_OWNER_X}" y="{middle - 13}" width="206" height="26" rx="6" fill="{_PAPER}"'
        f' stroke="{colour}" stroke-width="2"{dash}/>',
        _text(_OWNER_X + 10, middle + 5, f"{owner.name}  {_kind(pool, owner)}", size=13),
    ]
    if owner.doors:
        label = ", ".join(owner.doors)
        parts += [
            _line(_DOOR_X + 136, middle, _OWNER_X - 6, middle, _FAINT, arrow=True),
            f'<rect x="{_DOOR_X}" y="{middle - 13}" width="136" height="26" rx="13"'
            f' fill="#f3f3f6" stroke="{_FAINT}"/>',
            _text(_DOOR_X + 68, middle + 5, label, size=12, anchor="middle"),
        ]
    return parts


def _kind(pool: Pool, owner: Owner) -> str:
    if owner.is_task:
        return "task"
    if not pool.chips:
        return "service"
    slots = len(owner.chips)
    return f"{slots} slot{'s' if slots != 1 else ''} a host"


def _host(pool: Pool, colours: dict[str, str], top: int) -> list[str]:
    width, height = WIDTH - _HOST_X - _MARGIN - 8, _host_height(pool)
    parts = [
        # the sheets behind stand for the hosts beyond the first
        f'<rect x="{_HOST_X + shift}" y="{top + shift}" width="{width}" height="{height}" rx="8"'
        f' fill="{_PAPER}" stroke="{_FAINT}"/>'
        for shift in ((8, 4, 0) if pool.most > 2 else (4, 0) if pool.most > 1 else (0,))
    ]
    hosts = str(pool.most) if pool.fewest == pool.most else f"{pool.fewest} to {pool.most}"
    spot = ", spot" if pool.spot else ""
    head = f"pool {pool.name}: {hosts} x {pool.instance_type}{spot}"
    parts.append(_text(_HOST_X + 14, top + 22, head, size=13, weight=600))
    parts.append(
        _text(
            _HOST_X + width - 14,
            top + 22,
            f"{pool.chips} {pool.chip}" if pool.chips else "no chips",
            size=12,
            colour=_FAINT,
            anchor="end",
        )
    )
    owned = {
        chip: (owner, colours[owner.name])
        for owner in pool.owners
        for slot in owner.chips
        for chip in slot
    }
    for chip in range(pool.chips):
        x = _HOST_X + 14 + (chip % _CHIPS_A_ROW) * (_CHIP + 6)
        y = top + 34 + (chip // _CHIPS_A_ROW) * (_CHIP + 6)
        parts += _chip(pool, chip, x, y, owned.get(chip))
    if pool.daemons:
        text = f"daemons: {', '.join(pool.daemons)}"
        parts.append(_text(_HOST_X + 14, top + height - 10, text, size=11, colour=_FAINT))
    return parts


def _chip(pool: Pool, chip: int, x: int, y: int, owner: tuple[Owner, str] | None) -> list[str]:
    first = chip * pool.cores_per_chip
    last = first + pool.cores_per_chip - 1
    fill, ink, dash = _FREE, _FAINT, ""
    if owner is not None:
        fill, ink = owner[1], _PAPER
        if owner[0].is_task:
            fill, ink, dash = _PAPER, _INK, ' stroke-dasharray="5 3"'
    edge = _FREE if owner is None else owner[1]
    return [
        f'<rect x="{x}" y="{y}" width="{_CHIP}" height="{_CHIP}" rx="5" fill="{fill}"'
        f' stroke="{edge}" stroke-width="2"{dash}/>',
        _text(x + _CHIP // 2, y + 21, f"chip {chip}", size=11, colour=ink, anchor="middle"),
        _text(x + _CHIP // 2, y + 36, f"{first}-{last}", size=11, colour=ink, anchor="middle"),
    ]


def _host_height(pool: Pool) -> int:
    rows = -(-pool.chips // _CHIPS_A_ROW)
    return 36 + rows * (_CHIP + 6) + (6 if rows else 0) + (16 if pool.daemons else 0)


def _text(
    x: int,
    y: int,
    text: str,
    *,
    size: int,
    colour: str = _INK,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" font-weight="{weight}"'
        f' text-anchor="{anchor}" xml:space="preserve">{escape(text)}</text>'
    )


def _line(x1: int, y1: int, x2: int, y2: int, colour: str, *, arrow: bool) -> str:
    head = f'<path d="M{x2} {y2} l-7 -4 v8 z" fill="{colour}"/>' if arrow else ""
    return f'<path d="M{x1} {y1} H{x2 - 6}" stroke="{colour}" stroke-width="1.5"/>{head}'
