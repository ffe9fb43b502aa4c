"""What a fleet does under its traffic, whoever worked it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Counts over ``seconds``; expected values where they were estimated.

    A call is a hit when its model is loaded as it arrives; one that joins a load under way is
    neither a hit nor a load. ``busy`` and ``load_busy`` are shares of the slots and of the loads
    at once, in the busiest period. ``resident`` counts loaded copies of models at the end.
    """

    method: Literal["simulated", "estimated"]
    instances: int
    seconds: float
    calls: float
    hits: float
    loads: float
    unloads: float
    p50_ms: float
    p99_ms: float
    busy: float
    load_busy: float
    resident: float

    @property
    def hit_ratio(self) -> float:
        """Share of the calls, 1 where there are none."""
        return self.hits / self.calls if self.calls else 1.0

    @property
    def cold_per_minute(self) -> float:
        """Calls a minute that wait for a load."""
        return (self.calls - self.hits) * 60 / self.seconds

    @property
    def loads_per_minute(self) -> float:
        """Loads a minute, of all instances."""
        return self.loads * 60 / self.seconds
