"""What a destroyed platform left behind, with what was kept on purpose set apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inferctl.localaws.leftovers import find_leftovers

from .store import Store


@dataclass(frozen=True)
class Leftovers:
    """Resources without a stack, as ``service id``; ``retained`` are those kept by a policy."""

    unowned: tuple[str, ...]
    retained: tuple[str, ...]


def sort_leftovers(store: Store, regions: Iterable[str]) -> Leftovers:
    """Everything in ``regions`` that no stack of theirs owns."""
    kept = {resource.physical_id for _, resource in store.retained}
    found = find_leftovers(regions)
    return Leftovers(
        unowned=tuple(item for item in found if item.partition(" ")[2] not in kept),
        retained=tuple(item for item in found if item.partition(" ")[2] in kept),
    )
