"""The series of one endpoint, and what is computed from them."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from inference_constructs.invocable_endpoint import InvocableEndpoint
from metric_catalog.sagemaker import INSTANCES, INVOCATIONS

from .catalogued import PERIOD, computed, metric

FIVE_MINUTES = Duration.minutes(5)
# A ratio of fewer calls says nothing.
_FEWEST_CALLS = 20


class EndpointSeries:
    """By the metric's own name; ``call`` counts calls, ``instance`` measures instances."""

    def __init__(self, endpoint: InvocableEndpoint) -> None:
        self._dimensions = {
            "EndpointName": endpoint.endpoint_name,
            "VariantName": endpoint.variant_name,
        }

    def error_percent(self, period: Duration) -> cloudwatch.MathExpression:
        """Calls with a 5xx, 0 where there are too few calls to tell."""
        return computed(
            f"IF({{calls}} < {_FEWEST_CALLS}, 0, 100 * {{errors}} / {{calls}})",
            "5xx, %",
            {
                "errors": self.call("Invocation5XXErrors", "Sum", period=period),
                "calls": self.call("Invocations", "Sum", period=period),
            },
            period=period,
        )

    def hit_percent(self, period: Duration) -> cloudwatch.MathExpression:
        """Calls of a loaded model, 100 where there are too few calls to tell."""
        return computed(
            f"IF({{calls}} < {_FEWEST_CALLS}, 100, 100 * {{hits}})",
            "loaded already, %",
            {
                "hits": self.call("ModelCacheHit", "Average", period=period),
                "calls": self.call("ModelCacheHit", "SampleCount", period=period),
            },
            period=period,
        )

    def call(
        self, name: str, statistic: str, label: str | None = None, *, period: Duration = PERIOD
    ) -> cloudwatch.Metric:
        """One metric of calls."""
        return metric(INVOCATIONS, name, self._dimensions, statistic, label=label, period=period)

    def instance(self, name: str, statistic: str, label: str) -> cloudwatch.Metric:
        """One metric of instances."""
        return metric(INSTANCES, name, self._dimensions, statistic, label=label)
