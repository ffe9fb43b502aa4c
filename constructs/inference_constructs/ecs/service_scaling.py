"""Target tracking and schedules for a service: all of its slots grow and shrink alike."""

from __future__ import annotations

from collections.abc import Sequence

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

from .service_scaling_props import ServiceMetric, ServiceScalingProps


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
