"""A log-linear latency histogram: fixed memory, whatever the number of values.

The buckets are those of HdrHistogram with 1 ns units: exact below 2,048 ns, above that 1,024
buckets for each doubling. A bucket is at most 1/1,024 of its values wide and its middle stands for
them, so a quantile is off by at most 0.05 %. Values above 73 minutes count in the last bucket.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator

RELATIVE_ERROR = 1 / 2048
LARGEST_NS = 2**42 - 1
_SIZE = 31 * 1024 + 2048


def bucket_of(value: int) -> int:
    """The bucket's number for nanoseconds."""
    shift = value.bit_length() - 11
    return value if shift <= 0 else (shift << 10) + (value >> shift)


def middle_of(bucket: int) -> float:
    """The nanoseconds that stand for a bucket's values."""
    if bucket < 2048:
        return float(bucket)
    shift = (bucket >> 10) - 1
    first = (bucket - (shift << 10)) << shift
    return first + ((1 << shift) - 1) / 2


class LatencyHistogram:
    """Counts of latencies; minimum, maximum and mean are exact."""

    __slots__ = ("_counts", "count", "maximum", "minimum", "total")

    def __init__(self) -> None:
        self._counts = array("Q", bytes(8 * _SIZE))
        self.clear()

    def clear(self) -> None:
        """Forget every value."""
        memoryview(self._counts).cast("B")[:] = bytes(8 * _SIZE)
        self.count = 0
        self.total = 0
        self.minimum = LARGEST_NS
        self.maximum = 0

    def record(self, value: int, count: int = 1) -> None:
        """Count one latency, in nanoseconds, or several that are equal."""
        if value > LARGEST_NS:
            value = LARGEST_NS
        elif value < 0:
            value = 0
        shift = value.bit_length() - 11
        self._counts[value if shift <= 0 else (shift << 10) + (value >> shift)] += count
        self.count += count
        self.total += value * count
        if value > self.maximum:
            self.maximum = value
        if value < self.minimum:
            self.minimum = value

    def merge(self, other: LatencyHistogram) -> None:
        """Count every value of another histogram here too."""
        for bucket, count in other.pairs():
            self._counts[bucket] += count
        self.count += other.count
        self.total += other.total
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Number and count of each bucket that holds something, in ascending order."""
        return ((bucket, count) for bucket, count in enumerate(self._counts) if count)

    def mean(self) -> float:
        """The mean in nanoseconds; raises ValueError without values."""
        if not self.count:
            raise ValueError("mean of no values")
        return self.total / self.count

    def percentile(self, percent: float) -> float:
        """The nearest-rank percentile in nanoseconds; raises ValueError without values."""
        return self.percentiles([percent])[0]

    def percentiles(self, percents: Iterable[float]) -> list[float]:
        """Nearest-rank percentiles in one pass; raises ValueError outside (0, 100]."""
        ranks = []
        for percent in percents:
            if not self.count or not 0 < percent <= 100:
                raise ValueError(f"percentile {percent} of {self.count} values")
            ranks.append(math.ceil(percent / 100 * self.count) - 1)
        return self._at_ranks(ranks)

    def lower_percentile(self, percent: float) -> float:
        """The percentile as numpy's ``lower`` interpolation counts it, in nanoseconds."""
        if not self.count or not 0 <= percent <= 100:
            raise ValueError(f"percentile {percent} of {self.count} values")
        return self._at_ranks([math.floor(percent / 100 * (self.count - 1))])[0]

    def _at_ranks(self, ranks: list[int]) -> list[float]:
        """The values at positions of the sorted values, counted from 0."""
        found: dict[int, float] = {}
        wanted = sorted(set(ranks))
        seen = 0
        for bucket, count in self.pairs():
            seen += count
            while wanted and wanted[0] < seen:
                middle = middle_of(bucket)
                found[wanted.pop(0)] = min(max(middle, self.minimum), self.maximum)
            if not wanted:
                break
        return [found[rank] for rank in ranks]
