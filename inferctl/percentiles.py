"""Percentiles of measured values."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], rank: float) -> float:
    """The nearest-rank percentile: a value that was measured, never an interpolation.

    ``rank`` is in percent, above 0 and at most 100; raises ValueError otherwise or without values.
    """
    if not values or not 0 < rank <= 100:
        raise ValueError(f"percentile {rank} of {len(values)} values")
    return sorted(values)[math.ceil(rank / 100 * len(values)) - 1]
