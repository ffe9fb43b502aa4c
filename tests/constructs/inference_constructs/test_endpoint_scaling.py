"""Scaling: what is refused, and what each metric turns into."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from inference_constructs import (
    EndpointScalingProps,
    ModelData,
    MultiModelEndpoint,
    MultiModelEndpointProps,
    ScalingMetric,
    ScheduledCapacity,
    ServingImage,
)

NIGHT = ScheduledCapacity(name="Night", cron="0 20 ? * * *", min_instances=1, max_instances=1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"min_instances": 0}, "min_instances must be at least 1, got 0"),
        (
            {"min_instances": 3, "max_instances": 2},
            r"max_instances must be at least min_instances \(3\), got 2",
        ),
        ({"target": 0}, "target must be more than 0 and at most 100 percent for gpu_util.* got 0"),
        ({"target": 100.5}, "at most 100 percent for gpu_utilization, got 100.5"),
        (
            {"target": 0, "metric": ScalingMetric.INVOCATIONS_PER_INSTANCE},
            "target must be more than 0 for invocations_per_instance, got 0",
        ),
        ({"schedules": (NIGHT, NIGHT)}, "schedules must have distinct names, got 'Night' twice"),
        (
            {
                "schedules": [
                    ScheduledCapacity(name="X", cron="", min_instances=0, max_instances=-1)
                ]
            },
            "min_instances of schedule 'X' must be at least 1, got 0; max_instances of schedule 'X'"
            r" must be at least min_instances \(0\), got -1",
        ),
    ],
)
def test_props_are_rejected(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EndpointScalingProps(**wrong)


@pytest.mark.parametrize(
    "props",
    [
        {"min_instances": 1, "max_instances": 1},
        {"target": 100},
        {"target": 5000, "metric": ScalingMetric.INVOCATIONS_PER_INSTANCE},
    ],
)
def test_props_at_the_limits_are_accepted(props: dict[str, Any]) -> None:
    EndpointScalingProps(**props)


@pytest.mark.parametrize(
    ("metric", "specification"),
    [
        (
            ScalingMetric.GPU_MEMORY_UTILIZATION,
            {
                "CustomizedMetricSpecification": {
                    "MetricName": "GPUMemoryUtilization",
                    "Namespace": "/aws/sagemaker/Endpoints",
                    "Statistic": "Average",
                    "Unit": "Percent",
                }
            },
        ),
        (
            ScalingMetric.INVOCATIONS_PER_INSTANCE,
            {
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                }
            },
        ),
    ],
)
def test_metric_is_tracked_without_a_role_of_its_own(
    stack: cdk.Stack,
    vpc: ec2.IVpc,
    model_data: ModelData,
    metric: ScalingMetric,
    specification: dict[str, Any],
) -> None:
    endpoint = MultiModelEndpoint(
        stack,
        "Endpoint",
        MultiModelEndpointProps(
            endpoint_name="fleet",
            image=ServingImage.stock("26.05-py3"),
            model_data=model_data,
            vpc=vpc,
        ),
    )

    endpoint.auto_scale(
        EndpointScalingProps(
            metric=metric,
            target=50,
            scale_in_cooldown_seconds=0,
            schedules=[NIGHT],
        )
    )

    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        {
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 50,
                "ScaleInCooldown": 0,
                "ScaleOutCooldown": 200,
                **specification,
            }
        },
    )
    template.has_resource_properties(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        {
            "ScheduledActions": [
                {
                    "ScheduledActionName": "Night",
                    "Schedule": "cron(0 20 ? * * *)",
                    "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 1},
                }
            ]
        },
    )
    template.resource_count_is("AWS::IAM::Role", 1)
