"""Axes: where the ticks are, what they say, and where a value lies."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Scale:
    """Maps ``low`` to ``high`` onto pixels from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """The pixel of a value; values outside are put on the edge."""
        low, high = self.low, self.high
        value = min(max(value, low), high)
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(value)
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        """Round values within the scale."""
        return self._log_ticks() if self.logarithmic else linear_ticks(self.low, self.high, most)

    def _log_ticks(self) -> list[float]:
        first = math.floor(math.log10(self.low))
        last = math.ceil(math.log10(self.high))
        for multiples in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
            ticks = [
                multiple * 10.0**power
                for power in range(first, last + 1)
                for multiple in multiples
                if self.low <= multiple * 10.0**power <= self.high
            ]
            if len(ticks) <= 9:
                break
        return ticks if len(ticks) > 1 else [self.low, self.high]


def linear_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values from ``low`` to ``high``, at most about ``most`` of them."""
    if high <= low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in _STEPS if power * each >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def from_zero(highest: float, start: float, end: float) -> Scale:
    """A scale from 0 to a round value that is at least ``highest``."""
    highest = highest if highest > 0 else 1.0
    ticks = linear_ticks(0, highest)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else highest
    return Scale(0, math.ceil(highest / step - 1e-9) * step, start, end)


def number(value: float) -> str:
    """Three significant digits, thousands apart: ``0.0123``, ``1.23``, ``123``, ``12,300``."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"


def tick_number(value: float) -> str:
    """A tick's label, without needless zeros."""
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return text or "0"


def milliseconds(value: float) -> str:
    """A latency with its unit."""
    return f"{number(value / 1000)} s" if value >= 10_000 else f"{number(value)} ms"


def duration(seconds: float) -> str:
    """``45 s``, ``10 min``, ``1 h 5 min``."""
    if seconds < 120:
        return f"{float(f'{seconds:.3g}'):g} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


Label = Callable[[float], str]
