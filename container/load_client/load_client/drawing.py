"""A plot as inline SVG: a frame with axes that lines, areas, dots and marks are put into."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from load_client.scales import Label, Scale, tick_number

WIDTH, HEIGHT = 720, 300
NARROW = 480
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 46
Point = tuple[float, float]


class Plot:
    """One plot; colours are classes ``c0`` to ``c7`` that the page defines for both themes."""

    def __init__(
        self,
        x: Scale,
        y: Scale,
        *,
        title: str,
        x_title: str,
        y_title: str,
        x_ticks: Sequence[float] | None = None,
        x_label: Label = tick_number,
        width: int = WIDTH,
    ) -> None:
        self._x = x
        self._y = y
        self._right = width - RIGHT
        self._parts = [
            f'<svg viewBox="0 0 {width} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        ]
        self._frame(x_title, y_title, x.ticks() if x_ticks is None else x_ticks, x_label)

    def line(self, points: Sequence[Point | None], color: int, style: str = "") -> None:
        """A line; None leaves a gap."""
        path, pen_down = [], False
        for point in points:
            if point is None:
                pen_down = False
                continue
            path.append(f"{'L' if pen_down else 'M'}{self._xy(point)}")
            pen_down = True
        if path:
            self._parts.append(f'<path class="line c{color} {style}" d="{" ".join(path)}"/>')

    def dots(self, points: Sequence[Point], color: int, *, radius: float = 3.5) -> None:
        """A dot at each point."""
        self._parts += [
            f'<circle class="dot c{color}" r="{radius}" cx="{self._x.at(x):.1f}"'
            f' cy="{self._y.at(y):.1f}"/>'
            for x, y in points
        ]

    def area(self, points: Sequence[Point], color: int) -> None:
        """The area between the points and the bottom."""
        if not points:
            return
        bottom = self._y.at(self._y.low)
        path = " L".join(self._xy(point) for point in points)
        first, last = self._x.at(points[0][0]), self._x.at(points[-1][0])
        self._parts.append(
            f'<path class="area c{color}" d="M{first:.1f},{bottom:.1f} L{path}'
            f' L{last:.1f},{bottom:.1f} Z"/>'
        )

    def marker(self, x: float, color: int, text: str, *, row: int = 0) -> None:
        """A vertical line with a word beside it."""
        place = self._x.at(x)
        anchor, shift = ("end", -4) if place > self._right - 70 else ("start", 4)
        self._parts.append(
            f'<line class="marker c{color}" x1="{place:.1f}" x2="{place:.1f}"'
            f' y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
            f'<text class="note" x="{place + shift:.1f}" y="{TOP + 10 + 13 * row}"'
            f' text-anchor="{anchor}">{escape(text)}</text>'
        )

    def failures(self, places: Sequence[float]) -> None:
        """Red ticks on the bottom axis where calls failed."""
        bottom = HEIGHT - BOTTOM
        self._parts += [
            f'<line class="failure" x1="{self._x.at(x):.1f}" x2="{self._x.at(x):.1f}"'
            f' y1="{bottom - 9}" y2="{bottom}"/>'
            for x in places
        ]

    def svg(self) -> str:
        """The finished element."""
        return "".join([*self._parts, "</svg>"])

    def _xy(self, point: Point) -> str:
        return f"{self._x.at(point[0]):.1f},{self._y.at(point[1]):.1f}"

    def _frame(self, x_title: str, y_title: str, ticks: Sequence[float], label: Label) -> None:
        bottom, middle = HEIGHT - BOTTOM, (TOP + HEIGHT - BOTTOM) / 2
        for tick in self._y.ticks():
            y = self._y.at(tick)
            self._parts.append(
                f'<line class="grid" x1="{LEFT}" x2="{self._right}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick_number(tick)}</text>'
            )
        for tick in ticks:
            x = self._x.at(tick)
            self._parts.append(
                f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>'
                f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">'
                f"{escape(label(tick))}</text>"
            )
        self._parts.append(
            f'<line class="axis" x1="{LEFT}" x2="{self._right}" y1="{bottom}" y2="{bottom}"/>'
            f'<text class="title" x="{(LEFT + self._right) / 2}" y="{HEIGHT - 8}"'
            f' text-anchor="middle">{escape(x_title)}</text>'
            f'<text class="title" transform="translate(14 {middle}) rotate(-90)"'
            f' text-anchor="middle">{escape(y_title)}</text>'
        )


def bars(rows: Sequence[tuple[str, float, str, int]], *, title: str, longest_label: int = 0) -> str:
    """Horizontal bars from 0: label, value, what is written at the end, colour.

    ``longest_label``: its letters, when several drawings below each other must be aligned.
    """
    step, thick = 30, 18
    letters = max([longest_label, *(len(label) for label, _, _, _ in rows)])
    left = min(max(150, 24 + 7 * letters), 320)
    height = step * len(rows) + 8
    scale = Scale(0, max((value for _, value, _, _ in rows), default=1) or 1, left, WIDTH - 190)
    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">']
    for number, (label, value, text, color) in enumerate(rows):
        top = 4 + number * step
        width = max(scale.at(value) - left, 1)
        parts.append(
            f'<text x="{left - 10}" y="{top + thick - 4}" text-anchor="end">{escape(label)}</text>'
            f'<rect class="bar c{color}" x="{left}" y="{top}" width="{width:.1f}"'
            f' height="{thick}" rx="2"/>'
            f'<text class="value" x="{left + width + 8:.1f}" y="{top + thick - 4}">'
            f"{escape(text)}</text>"
        )
    return "".join([*parts, "</svg>"])
