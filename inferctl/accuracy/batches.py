"""Batches of pictures, the last one as short as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Slices of ``size`` items; no item is left out, so the last slice may be shorter.

    Raises ValueError below 1.
    """
    if size < 1:
        raise ValueError(f"a batch holds at least 1 picture, got {size}")
    for start in range(0, len(items), size):
        yield items[start : start + size]
