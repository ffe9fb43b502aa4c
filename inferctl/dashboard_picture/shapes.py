"""The few SVG elements that a dashboard is drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

INK, FAINT, EDGE, PAPER, CANVAS = "#16191f", "#687078", "#d5dbdb", "#ffffff", "#f2f3f3"
LIMIT, GOOD = "#c2410c", "#1d8102"
# Okabe and Ito's colours, told apart with any colour vision; https://jfly.uni-koeln.de/color/
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#8a6d00")


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 12,
    colour: str = INK,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    """One line of text."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" font-weight="{weight}"'
        f' text-anchor="{anchor}" xml:space="preserve">{escape(_visible(words))}</text>'
    )


def _visible(words: str) -> str:
    """Without what XML has no place for, or a line of text."""
    return "".join(letter if letter.isprintable() else " " for letter in words)


def box(
    x: float, y: float, width: float, height: float, *, fill: str = PAPER, edge: str = EDGE
) -> str:
    """A rectangle with round corners."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" fill="{fill}"'
        f' stroke="{edge}"/>'
    )


def path(
    points: Sequence[tuple[float, float]], colour: str, *, dash: str = "", wide: float = 2
) -> str:
    """A line through points."""
    steps = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="M{steps}" fill="none" stroke="{colour}" stroke-width="{wide:g}"'
        f' stroke-linejoin="round"{dashes}/>'
    )


def cut(words: str, width: float, *, size: int = 12) -> str:
    """``words`` as far as they fit; a letter is about half as wide as it is high."""
    most = max(int(width / (size * 0.54)), 1)
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"
