"""Every CloudWatch metric that dashboards and alarms may name, with its source and date."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from metric_catalog.ecs import ECS
from metric_catalog.functions import LAMBDA, STEP_FUNCTIONS
from metric_catalog.load_balancers import LOAD_BALANCERS
from metric_catalog.metric import CatalogMetric, Statistic, Unit
from metric_catalog.neuron import NEURON
from metric_catalog.own import MODELS
from metric_catalog.sagemaker import SAGEMAKER

METRICS: Mapping[tuple[str, str], CatalogMetric] = MappingProxyType(
    {
        (row.namespace, row.name): row
        for row in (*SAGEMAKER, *LAMBDA, *STEP_FUNCTIONS, *ECS, *LOAD_BALANCERS, *NEURON, *MODELS)
    }
)
"""By namespace and name."""

__all__ = ["METRICS", "CatalogMetric", "Statistic", "Unit"]
