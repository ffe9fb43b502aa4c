"""Deployment guardrails: an update shifts traffic in parts and goes back when an alarm fires.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from rollouts import TrafficShift

from .endpoint_deployment_props import EndpointDeploymentProps
from .endpoint_metrics import EndpointMetrics

_PERCENTILE = 90
# With at most one cold call in twenty, the 90th percentile is the time of a warm one.
_COLD_SHARE = 0.05
_MICROSECONDS_PER_MS = 1000


class EndpointDeployment(Construct):
    """The alarms of one endpoint configuration, and the deployment settings that name them.

    They watch the new fleet alone: SageMaker publishes the metrics of calls by configuration, too.
    The configuration's name changes with every update, and so do the alarms, before the endpoint.
    ``endpoint_name`` is the plain name: an attribute of the endpoint would need it made first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: EndpointDeploymentProps,
        *,
        endpoint_name: str,
        variant_name: str,
        config_name: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        self._fleet = _NewFleet(endpoint_name, variant_name, config_name)
        self.alarms = [
            self._errors(
                "ServerErrors",
                self._fleet.of_fleet(self._fleet.metric_invocation_5xx_errors(statistic="Average")),
                "answered with a 5xx status",
            ),
            self._errors(
                "ModelErrors",
                self._fleet.of_fleet(
                    self._fleet.metric_invocation_model_errors(statistic="Average")
                ),
                "not answered with 2xx by the container",
            ),
        ]
        if props.latency_ms is not None:
            self.alarms.append(self._latency(props.latency_ms))
        self.config = self._config()

    def _errors(self, construct_id: str, rate: cloudwatch.Metric, what: str) -> cloudwatch.Alarm:
        props = self._props
        return self._alarm(
            construct_id,
            rate,
            props.errors_percent / 100,
            f"Rolls an update back: more than {props.errors_percent:g} % of the calls to the new"
            f" fleet are {what}, for {props.update.alarm_minutes} minutes in a row",
        )

    def _latency(self, limit_ms: int) -> cloudwatch.Alarm:
        """Counts the minutes in which cold calls are too few to show in the percentile.

        Cold calls are those of both fleets, as nothing tells them apart: a minute is rather left
        out than judged for its downloads.
        """
        fleet = self._fleet
        hits = fleet.metric_model_cache_hit
        judged = cloudwatch.MathExpression(
            expression=f"IF(seen - hits <= {_COLD_SHARE:g} * calls, latency, 0)",
            label="Latency of the new fleet in minutes with warm models",
            period=Duration.minutes(1),
            using_metrics={
                "latency": fleet.of_fleet(fleet.metric_model_latency(statistic=f"p{_PERCENTILE}")),
                "calls": fleet.of_fleet(fleet.metric_invocations()),
                "seen": hits(statistic="SampleCount"),
                "hits": hits(statistic="Sum"),
            },
        )
        return self._alarm(
            "Latency",
            judged,
            limit_ms * _MICROSECONDS_PER_MS,
            f"Rolls an update back: one call in ten to the new fleet takes more than {limit_ms} ms"
            f" with its model loaded, for {self._props.update.alarm_minutes} minutes in a row",
        )

    def _alarm(
        self, construct_id: str, metric: cloudwatch.IMetric, threshold: float, description: str
    ) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            construct_id,
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            # Trouble that is over within the cold minutes never fills the row.
            evaluation_periods=self._props.update.alarm_minutes,
            datapoints_to_alarm=self._props.update.alarm_minutes,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _config(self) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
        rolling = self._props.kind is TrafficShift.ROLLING
        return sagemaker.CfnEndpoint.DeploymentConfigProperty(
            auto_rollback_configuration=sagemaker.CfnEndpoint.AutoRollbackConfigProperty(
                alarms=[
                    sagemaker.CfnEndpoint.AlarmProperty(alarm_name=alarm.alarm_name)
                    for alarm in self.alarms
                ]
            ),
            rolling_update_policy=self._rolling() if rolling else None,
            blue_green_update_policy=None if rolling else self._blue_green(),
        )

    def _part(self) -> sagemaker.CfnEndpoint.CapacitySizeProperty:
        return sagemaker.CfnEndpoint.CapacitySizeProperty(
            type="CAPACITY_PERCENT", value=self._props.percent
        )

    def _rolling(self) -> sagemaker.CfnEndpoint.RollingUpdatePolicyProperty:
        return sagemaker.CfnEndpoint.RollingUpdatePolicyProperty(
            maximum_batch_size=self._part(),
            wait_interval_in_seconds=self._props.wait_seconds,
            maximum_execution_timeout_in_seconds=self._props.timeout_seconds,
        )

    def _blue_green(self) -> sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty:
        canary = self._props.kind is TrafficShift.CANARY
        return sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
                type=self._props.kind.value.upper(),
                wait_interval_in_seconds=self._props.wait_seconds,
                canary_size=self._part() if canary else None,
                linear_step_size=None if canary else self._part(),
            ),
            termination_wait_in_seconds=self._props.termination_wait_seconds,
            maximum_execution_timeout_in_seconds=self._props.timeout_seconds,
        )


class _NewFleet(EndpointMetrics):
    """Metrics of an endpoint by its plain name, and those of one configuration's fleet."""

    def __init__(self, endpoint_name: str, variant_name: str, config_name: str) -> None:
        self._names: Mapping[str, str] = {
            "EndpointName": endpoint_name,
            "VariantName": variant_name,
            "EndpointConfigName": config_name,
        }

    @property
    def endpoint_name(self) -> str:
        """The endpoint's plain name."""
        return self._names["EndpointName"]

    @property
    def variant_name(self) -> str:
        """The production variant's name."""
        return self._names["VariantName"]

    def of_fleet(self, metric: cloudwatch.Metric) -> cloudwatch.Metric:
        """The metric by configuration, published once the new fleet gets traffic.

        https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
        """
        return metric.with_(dimensions_map=self._names)
