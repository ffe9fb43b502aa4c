"""Where the boxes go: a column for each stack, above or beside the one that others stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inferctl.platform_diagram.boxes import Box

MARGIN, WIDTH, GUTTER, PADDING = 24, 236, 92, 10
TOP, TITLE, HEAD, LINE, GAP = 60, 36, 26, 16, 16
_BELOW = 44


@dataclass(frozen=True, kw_only=True)
class Area:
    """A rectangle, in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> int:
        """Half of its height."""
        return self.y + self.height // 2


@dataclass(frozen=True, kw_only=True)
class Layout:
    """``cards`` by stack, ``places`` one for each box; ``base`` is what others stand on, if any."""

    cards: dict[str, Area]
    places: tuple[Area, ...]
    base: str | None
    width: int
    height: int


def lay_out(boxes: Sequence[Box], stacks: Sequence[str], base: str | None) -> Layout:
    """The layout; ``base`` is one of ``stacks``."""
    columns = [stack for stack in stacks if stack != base] or list(stacks)
    base = base if base not in columns else None
    beside = base is not None and len(columns) == 1
    if beside and base is not None:
        # below a single column it would be the widest of all
        columns = [*columns, base]
    places: dict[int, Area] = {}
    cards = {}
    for number, stack in enumerate(columns):
        left, y = MARGIN + number * (WIDTH + 2 * PADDING + GUTTER), TOP + TITLE
        for index, box in _of(stack, boxes):
            places[index] = Area(x=left + PADDING, y=y, width=WIDTH, height=_height(box))
            y = places[index].bottom + GAP
        cards[stack] = Area(x=left, y=TOP, width=WIDTH + 2 * PADDING, height=y - TOP)
    lowest = max(card.bottom for card in cards.values())
    widest = max(card.right for card in cards.values())
    cards = {
        stack: Area(x=card.x, y=card.y, width=card.width, height=lowest - card.y)
        for stack, card in cards.items()
    }
    if base is not None and not beside:
        below = list(_of(base, boxes))
        x, y = MARGIN + PADDING, lowest + _BELOW + TITLE
        for index, box in below:
            places[index] = Area(x=x, y=y, width=WIDTH, height=_height(box))
            x += WIDTH + GAP
        widest = max(widest, x - GAP + PADDING)
        height = TITLE + max(_height(box) for _, box in below) + GAP
        cards[base] = Area(x=MARGIN, y=lowest + _BELOW, width=widest - MARGIN, height=height)
        lowest = cards[base].bottom
    return Layout(
        cards=cards,
        places=tuple(places[index] for index in range(len(boxes))),
        base=base,
        width=widest + GUTTER // 2 + MARGIN,
        height=lowest + 40,
    )


def _of(stack: str, boxes: Sequence[Box]) -> list[tuple[int, Box]]:
    return [(index, box) for index, box in enumerate(boxes) if box.stack == stack]


def _height(box: Box) -> int:
    return HEAD + LINE * len(box.details) + 8
