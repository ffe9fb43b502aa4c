"""Metrics for dashboards and alarms, held to the catalogue as they are made."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from metric_catalog import METRICS

PERIOD = Duration.minutes(1)
_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")


def metric(
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    statistic: str,
    *,
    label: str | None = None,
    period: Duration = PERIOD,
) -> cloudwatch.Metric:
    """One series. ValueError for a metric, a set of dimensions or a statistic that nobody
    publishes: CloudWatch would show nothing and say nothing.

    It carries no unit: a query with another unit than the publisher's finds nothing either.
    """
    row = METRICS.get((namespace, name))
    if row is None:
        raise ValueError(f"metric must be one of the catalogue, got {namespace} {name}")
    if not row.has(frozenset(dimensions)):
        raise ValueError(
            f"{namespace} {name} must have the dimensions"
            f" {' or '.join(', '.join(sorted(one)) for one in row.dimensions or ())}, got"
            f" {', '.join(sorted(dimensions))}"
        )
    if not row.takes(statistic):
        raise ValueError(
            f"{namespace} {name} must have a statistic of {', '.join(row.statistics)}, got"
            f" {statistic}"
        )
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dict(dimensions),
        statistic=statistic,
        label=label,
        period=period,
    )


def computed(
    expression: str,
    label: str,
    metrics: Mapping[str, cloudwatch.IMetric] | None = None,
    *,
    period: Duration = PERIOD,
) -> cloudwatch.MathExpression:
    """Metric math over ``metrics``: ``{name}`` in ``expression`` stands for the metric so named.

    Ids are unique in a widget, as labels are, so that they are made from both.
    """
    ids = {name: f"{name}_{_NOT_IN_IDS.sub('_', label.lower())}" for name in metrics or ()}
    return cloudwatch.MathExpression(
        expression=expression.format(**ids) if ids else expression,
        label=label,
        using_metrics={ids[name]: metric for name, metric in (metrics or {}).items()},
        period=period,
    )


def milliseconds(metric: cloudwatch.Metric, label: str) -> cloudwatch.MathExpression:
    """Of a metric in microseconds."""
    return computed("{m} / 1000", label, {"m": metric}, period=metric.period)


def seconds(metric: cloudwatch.Metric, label: str) -> cloudwatch.MathExpression:
    """Of a metric in microseconds."""
    return computed("{m} / 1000000", label, {"m": metric}, period=metric.period)
