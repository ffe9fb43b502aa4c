"""Target tracking and schedules for a service: all of its slots grow and shrink alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from aws_cdk import Duration, Stack
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from fleet_packing.core_metrics import (
    CLUSTER_DIMENSION,
    NAMESPACE,
    SERVICE_DIMENSION,
    UTILIZATION_METRIC,
)
from inference_constructs.endpoint_scaling import ScheduledCapacity


class ServiceMetric(Enum):
    """What target tracking holds at its target."""

    REQUESTS = "requests"
    """Requests a minute and task, as the application load balancer counts them."""
    NEURONCORE_UTILIZATION = "neuroncore_utilization"
    """Percent of the service's NeuronCores, as the pool's core metrics daemon publishes it. CPU
    says nothing about a task whose work is done on chips."""


@dataclass(frozen=True, kw_only=True)
class ServiceScalingProps:
    """Defaults: 1 to 2 hosts; a scale-in is followed by at least 600 s without another, a
    scale-out by 120 s.

    ``min_instances``, ``max_instances``: hosts that carry the service, each with all of its slots.
    ``metric``: without it, only the schedules change the count.
    ``target``: requests a minute and task, or percent.
    ``port``: whose requests count; without it, the first port that the load balancer publishes.
    """

    min_instances: int = 1
    max_instances: int = 2
    metric: ServiceMetric | None = ServiceMetric.NEURONCORE_UTILIZATION
    target: float = 60.0
    port: str | None = None
    scale_in_cooldown_seconds: int = 600
    scale_out_cooldown_seconds: int = 120
    schedules: Sequence[ScheduledCapacity] = ()

    def __post_init__(self) -> None:
        problems = [*self._range_problems(), *self._target_problems()]
        names = [schedule.name for schedule in self.schedules]
        for name in sorted({name for name in names if names.count(name) > 1}):
            problems.append(f"schedules must have distinct names, got {name!r} twice")
        if self.metric is None and not self.schedules:
            problems.append("schedules must name at least one where there is no metric, got none")
        if problems:
            raise ValueError("invalid ServiceScalingProps: " + "; ".join(problems))

    @property
    def lowest(self) -> int:
        """The fewest hosts at any time."""
        return min([self.min_instances, *(s.min_instances for s in self.schedules)])

    @property
    def highest(self) -> int:
        """The most hosts at any time."""
        return max([self.max_instances, *(s.max_instances for s in self.schedules)])

    def _range_problems(self) -> list[str]:
        problems: list[str] = []
        # Without a task there is neither a request nor a core in use to count, and no way back up.
        fewest = 0 if self.metric is None else 1
        for place, low, high in (
            ("", self.min_instances, self.max_instances),
            *(
                (f" of schedule {s.name!r}", s.min_instances, s.max_instances)
                for s in self.schedules
            ),
        ):
            if low < fewest:
                why = "" if self.metric is None else f" for metric {self.metric.value}"
                problems.append(f"min_instances{place} must be at least {fewest}{why}, got {low}")
            if high < low:
                problems.append(
                    f"max_instances{place} must be at least min_instances ({low}), got {high}"
                )
        return problems

    def _target_problems(self) -> list[str]:
        problems: list[str] = []
        highest = 100 if self.metric is ServiceMetric.NEURONCORE_UTILIZATION else None
        if self.metric is not None and (
            self.target <= 0 or (highest is not None and self.target > highest)
        ):
            limit = (
                "more than 0" if highest is None else f"more than 0 and at most {highest} percent"
            )
            problems.append(f"target must be {limit} for {self.metric.value}, got {self.target:g}")
        if self.port is not None and self.metric is not ServiceMetric.REQUESTS:
            problems.append(f"port belongs to metric requests, got {self.port!r}")
        return problems


class ServiceScaling(Construct):
    """Registers each slot's service with Application Auto Scaling, on one metric of them all.

    The slots share a target group and a metric, so that all of them come to the same count: the
    unit of growth is one slot of each kind, which is what a further host carries.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: ServiceScalingProps,
        *,
        cluster_name: str,
        service_name: str,
        services: Sequence[ecs.CfnService],
        request_label: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        role = self._service_linked_role()
        for index, service in enumerate(services):
            target = appscaling.ScalableTarget(
                self,
                f"Target{index}",
                service_namespace=appscaling.ServiceNamespace.ECS,
                resource_id=f"service/{cluster_name}/{service.attr_name}",
                scalable_dimension="ecs:service:DesiredCount",
                min_capacity=props.min_instances,
                max_capacity=props.max_instances,
                role=role,
            )
            if props.metric is not None:
                requests = props.metric is ServiceMetric.REQUESTS
                target.scale_to_track_metric(
                    "Tracking",
                    predefined_metric=appscaling.PredefinedMetric.ALB_REQUEST_COUNT_PER_TARGET
                    if requests
                    else None,
                    resource_label=request_label if requests else None,
                    custom_metric=None
                    if requests
                    else metric_neuron_core_utilization(
                        cluster_name=cluster_name, service_name=service_name
                    ),
                    target_value=props.target,
                    scale_in_cooldown=Duration.seconds(props.scale_in_cooldown_seconds),
                    scale_out_cooldown=Duration.seconds(props.scale_out_cooldown_seconds),
                )
            for schedule in props.schedules:
                target.scale_on_schedule(
                    schedule.name,
                    schedule=appscaling.Schedule.expression(f"cron({schedule.cron})"),
                    min_capacity=schedule.min_instances,
                    max_capacity=schedule.max_instances,
                )

    def _service_linked_role(self) -> iam.IRole:
        # Without a role the CDK makes an empty one, which the service ignores:
        # https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
        return iam.Role.from_role_arn(
            self,
            "ServiceLinkedRole",
            Stack.of(self).format_arn(
                service="iam",
                region="",
                resource="role",
                resource_name="aws-service-role/ecs.application-autoscaling.amazonaws.com/"
                "AWSServiceRoleForApplicationAutoScaling_ECSService",
            ),
            mutable=False,
        )


def metric_neuron_core_utilization(
    *, cluster_name: str, service_name: str, statistic: str = "Average"
) -> cloudwatch.Metric:
    """``NeuronFleet NeuronCoreUtilization`` of a service over all its slots, in percent."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=UTILIZATION_METRIC,
        dimensions_map={CLUSTER_DIMENSION: cluster_name, SERVICE_DIMENSION: service_name},
        statistic=statistic,
        unit=cloudwatch.Unit.PERCENT,
        period=Duration.minutes(1),
    )
