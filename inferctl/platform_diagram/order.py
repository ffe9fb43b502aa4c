"""The order of boxes in a column: what needs comes before what is needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from inferctl.platform_diagram.boxes import Box
from inferctl.platform_diagram.links import Link


def ordered(boxes: Sequence[Box], links: Collection[Link], *, kept: str | None) -> list[Box]:
    """``boxes`` with those of each stack in the order of their arrows.

    Circles are cut open where they were entered. The stack ``kept`` stays as it is.
    """
    needs: dict[int, set[int]] = {}
    for link in links:
        if boxes[link.source].stack == boxes[link.target].stack != kept:
            needs.setdefault(link.source, set()).add(link.target)
    order: list[Box] = []
    for stack in dict.fromkeys(box.stack for box in boxes):
        left = [index for index, box in enumerate(boxes) if box.stack == stack]
        while left:
            first = next(index for index in left if _is_free(index, left, needs))
            left.remove(first)
            order.append(boxes[first])
    return order


def _is_free(index: int, left: Sequence[int], needs: Mapping[int, set[int]]) -> bool:
    """Whether nothing that is left comes to it, but what it comes to itself."""
    reached = _reach(index, left, needs)
    return all(other in reached or index not in _reach(other, left, needs) for other in left)


def _reach(start: int, left: Sequence[int], needs: Mapping[int, set[int]]) -> set[int]:
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        for index in needs.get(waiting.pop(), set()) & set(left):
            if index not in seen:
                seen.add(index)
                waiting.append(index)
    return seen
