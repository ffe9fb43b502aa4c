"""What a row of the catalogue says about one CloudWatch metric."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from accelerator_catalog.fact import Fact

Unit = Literal["None", "Bytes", "Count", "Microseconds", "Milliseconds", "Percent", "Seconds"]
Statistic = Literal["Average", "Maximum", "Minimum", "SampleCount", "Sum", "Percentiles"]
Dimensions = frozenset[str]

PLAIN: tuple[Statistic, ...] = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")
EVERY: tuple[Statistic, ...] = (*PLAIN, "Percentiles")
_PERCENTILE = re.compile(r"p\d{1,2}(\.\d+)?|p100")


@dataclass(frozen=True, kw_only=True)
class CatalogMetric(Fact):
    """One metric. CloudWatch keeps a series for each set of dimensions, and a query that names
    another set finds nothing, without an error.

    ``dimensions``: the sets it is published with; None where its publisher does not say.
    ``statistics``: those that its publisher says are valid.
    """

    namespace: str
    name: str
    dimensions: tuple[Dimensions, ...] | None
    unit: Unit
    statistics: tuple[Statistic, ...]
    meaning: str

    def takes(self, statistic: str) -> bool:
        """Whether ``statistic``, such as ``Sum`` or ``p99``, is one of the valid ones."""
        word = "Percentiles" if _PERCENTILE.fullmatch(statistic) else statistic
        return word in self.statistics

    def has(self, dimensions: Dimensions) -> bool:
        """Whether there is a series with exactly these dimensions."""
        return self.dimensions is not None and dimensions in self.dimensions


def sets(*texts: str) -> tuple[Dimensions, ...]:
    """Sets of dimensions, each written as one text: ``sets("ClusterName", "ClusterName Pool")``."""
    return tuple(frozenset(text.split()) for text in texts)
