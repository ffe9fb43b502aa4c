"""Our own metrics of models, which clients write as log lines: SageMaker has none by model."""

from __future__ import annotations

from metric_catalog.metric import EVERY, CatalogMetric, Unit, sets
from model_metrics import contract

_SOURCE = "lambda/model_metrics, contract.py"


def _metric(name: str, unit: Unit, meaning: str) -> CatalogMetric:
    return CatalogMetric(
        namespace=contract.NAMESPACE,
        name=name,
        dimensions=sets(*(" ".join(names) for names in contract.DIMENSION_SETS)),
        unit=unit,
        statistics=EVERY,
        meaning=meaning,
        source=_SOURCE,
    )


MODELS = tuple(_metric(name, unit, meaning) for name, (unit, meaning) in contract.METRICS.items())
