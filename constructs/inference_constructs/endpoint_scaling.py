"""Target tracking and schedules for the instance count of an endpoint variant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from aws_cdk import Duration, Stack
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from .endpoint_metrics import EndpointMetrics


class ScalingMetric(Enum):
    """What target tracking holds at its target."""

    GPU_UTILIZATION = "gpu_utilization"
    """Percent of the GPU. Blind to models that push each other out of memory."""
    GPU_MEMORY_UTILIZATION = "gpu_memory_utilization"
    """Percent of the GPU's memory."""
    INVOCATIONS_PER_INSTANCE = "invocations_per_instance"
    """Requests a minute and instance, over all models; what AWS recommends for mixed fleets."""


@dataclass(frozen=True, kw_only=True)
class ScheduledCapacity:
    """Changes the range of instance counts at ``cron`` (six fields, UTC), until the next one."""

    name: str
    cron: str
    min_instances: int
    max_instances: int


@dataclass(frozen=True, kw_only=True)
class EndpointScalingProps:
    """Defaults: GPU utilisation at 60 percent with 1 to 5 instances; a scale-in is followed by
    at least 600 s without another, a scale-out by 200 s."""

    min_instances: int = 1
    max_instances: int = 5
    metric: ScalingMetric = ScalingMetric.GPU_UTILIZATION
    target: float = 60.0
    scale_in_cooldown_seconds: int = 600
    scale_out_cooldown_seconds: int = 200
    schedules: Sequence[ScheduledCapacity] = ()

    def __post_init__(self) -> None:
        problems: list[str] = []
        for place, low, high in (
            ("", self.min_instances, self.max_instances),
            *(
                (f" of schedule {s.name!r}", s.min_instances, s.max_instances)
                for s in self.schedules
            ),
        ):
            # https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html:
            # only inference components scale to zero.
            if low < 1:
                problems.append(f"min_instances{place} must be at least 1, got {low}")
            if high < low:
                problems.append(
                    f"max_instances{place} must be at least min_instances ({low}), got {high}"
                )
        highest = None if self.metric is ScalingMetric.INVOCATIONS_PER_INSTANCE else 100
        if self.target <= 0 or (highest is not None and self.target > highest):
            limit = (
                "more than 0" if highest is None else f"more than 0 and at most {highest} percent"
            )
            problems.append(f"target must be {limit} for {self.metric.value}, got {self.target:g}")
        names = [schedule.name for schedule in self.schedules]
        for name in sorted({name for name in names if names.count(name) > 1}):
            problems.append(f"schedules must have distinct names, got {name!r} twice")
        if problems:
            raise ValueError("invalid EndpointScalingProps: " + "; ".join(problems))


class EndpointScaling(Construct):
    """Registers the variant with Application Auto Scaling.

    The target's id is made from ``endpoint_name``, which must be the endpoint's attribute: then
    CloudFormation creates the target after the endpoint and removes it before.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: EndpointScalingProps,
        *,
        metrics: EndpointMetrics,
    ) -> None:
        super().__init__(scope, construct_id)
        target = appscaling.ScalableTarget(
            self,
            "Target",
            service_namespace=appscaling.ServiceNamespace.SAGEMAKER,
            resource_id=f"endpoint/{metrics.endpoint_name}/variant/{metrics.variant_name}",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            min_capacity=props.min_instances,
            max_capacity=props.max_instances,
            role=self._service_linked_role(),
        )
        predefined, custom = _tracked_metric(props.metric, metrics)
        target.scale_to_track_metric(
            "Tracking",
            predefined_metric=predefined,
            custom_metric=custom,
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
                resource_name="aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
                "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
            ),
            mutable=False,
        )


def _tracked_metric(
    metric: ScalingMetric, metrics: EndpointMetrics
) -> tuple[appscaling.PredefinedMetric | None, cloudwatch.IMetric | None]:
    if metric is ScalingMetric.GPU_UTILIZATION:
        return None, metrics.metric_gpu_utilization()
    if metric is ScalingMetric.GPU_MEMORY_UTILIZATION:
        return None, metrics.metric_gpu_memory_utilization()
    return appscaling.PredefinedMetric.SAGEMAKER_VARIANT_INVOCATIONS_PER_INSTANCE, None
