"""What every row of the catalogue carries: where it was read, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

CHECKED = date(2026, 11, 21)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A row of the catalogue. ``source`` is a URL or a package with its version."""

    source: str
    checked: date = CHECKED


def known(names: Iterable[str]) -> str:
    """The names as a message lists them: ``a, b, c``."""
    return ", ".join(names)
