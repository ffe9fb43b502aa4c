"""All slots of a service scale alike, on one metric of them all."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs

from inference_constructs import ScheduledCapacity
from inference_constructs.ecs.cluster import EcsCluster
from inference_constructs.ecs.load_balancer_props import LoadBalancerKind, LoadBalancerProps
from inference_constructs.ecs.neuron_pool import NeuronCapacityPool
from inference_constructs.ecs.service import NeuronService
from inference_constructs.ecs.service_props import NeuronServiceProps
from inference_constructs.ecs.service_scaling_props import ServiceMetric, ServiceScalingProps
from tests.constructs.inference_constructs.ecs_service.support import (
    CERTIFICATE,
    any_container,
    resources,
    template_of,
    tf_serving,
)

POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
NIGHT = ScheduledCapacity(name="Night", cron="0 20 ? * * *", min_instances=1, max_instances=1)


def _scale(
    stack: cdk.Stack,
    cluster: EcsCluster,
    pool: NeuronCapacityPool,
    scaling: ServiceScalingProps,
    **given: Any,
) -> None:
    NeuronService(
        stack,
        "Service",
        NeuronServiceProps(
            **{
                "service_name": "yolo",
                "cluster": cluster,
                "pool": pool,
                "workload": any_container(),
                "scaling": scaling,
                **given,
            }
        ),
    )


def _tracked(stack: cdk.Stack) -> list[dict[str, Any]]:
    return [
        policy["TargetTrackingScalingPolicyConfiguration"]
        for policy in resources(template_of(stack), POLICY).values()
    ]


def test_every_slot_tracks_the_utilisation_of_the_services_cores(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    inf1.add_core_metrics(ecs.ContainerImage.from_registry("metrics:1"))

    _scale(stack, cluster, inf1, ServiceScalingProps(target=70))

    tracked = _tracked(stack)
    assert len(tracked) == 4
    for configuration in tracked:
        metric = configuration["CustomizedMetricSpecification"]
        assert configuration["TargetValue"] == 70
        assert (metric["Namespace"], metric["MetricName"]) == (
            "NeuronFleet",
            "NeuronCoreUtilization",
        )
        assert metric["Statistic"] == "Average"
        dimensions = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
        assert dimensions["ServiceName"] == "yolo"
        assert set(dimensions) == {"ClusterName", "ServiceName"}


def test_every_slot_tracks_the_requests_of_the_shared_target_group(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _scale(
        stack,
        cluster,
        inf1,
        ServiceScalingProps(metric=ServiceMetric.REQUESTS, target=600, port="rest"),
        workload=tf_serving(),
        load_balancer=LoadBalancerProps(certificate_arn=CERTIFICATE),
    )

    template = template_of(stack)
    (rest,) = (
        name
        for name, group in resources(template, "AWS::ElasticLoadBalancingV2::TargetGroup").items()
        if group["Port"] == 8501
    )
    tracked = _tracked(stack)
    assert len(tracked) == 4
    for configuration in tracked:
        metric = configuration["PredefinedMetricSpecification"]
        assert metric["PredefinedMetricType"] == "ALBRequestCountPerTarget"
        assert {"Fn::GetAtt": [rest, "TargetGroupFullName"]} in metric["ResourceLabel"]["Fn::Join"][
            1
        ]
        assert configuration["TargetValue"] == 600


def test_each_service_is_a_target_of_its_own_with_the_same_range_and_schedules(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    scaling = ServiceScalingProps(metric=None, schedules=[NIGHT])

    _scale(stack, cluster, inf1, scaling)

    template = template_of(stack)
    targets = resources(template, TARGET).values()
    services = resources(template, "AWS::ECS::Service")
    assert len(targets) == len(services) == 4
    for name in services:
        assert any(f'["{name}", "Name"]' in json.dumps(t["ResourceId"]) for t in targets)
    for target in targets:
        assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 2)
        assert target["ScalableDimension"] == "ecs:service:DesiredCount"
        assert "AWSServiceRoleForApplicationAutoScaling_ECSService" in str(target["RoleARN"])
        assert target["ScheduledActions"] == [
            {
                "ScheduledActionName": "Night",
                "Schedule": "cron(0 20 ? * * *)",
                "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 1},
            }
        ]


def test_schedules_may_stand_alone_and_reach_zero(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    off = ScheduledCapacity(name="Off", cron="0 20 ? * * *", min_instances=0, max_instances=0)

    _scale(stack, cluster, inf2, ServiceScalingProps(metric=None, schedules=[NIGHT, off]))

    assert _tracked(stack) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"min_instances": 0},
            "min_instances must be at least 1 for metric neuroncore_utilization, got 0",
        ),
        (
            {"min_instances": -1, "metric": None, "schedules": [NIGHT]},
            "min_instances must be at least 0, got -1",
        ),
        (
            {"min_instances": 3},
            r"max_instances must be at least min_instances \(3\), got 2",
        ),
        ({"target": 0}, "target must be more than 0 and at most 100 percent for neuroncore_.* 0"),
        ({"target": 101}, "at most 100 percent for neuroncore_utilization, got 101"),
        (
            {"target": 0, "metric": ServiceMetric.REQUESTS},
            "target must be more than 0 for requests, got 0",
        ),
        ({"target": float("nan")}, "target must be more than 0 and at most 100 percent .* got nan"),
        (
            {"target": float("inf"), "metric": ServiceMetric.REQUESTS},
            "target must be more than 0 for requests, got inf",
        ),
        ({"scale_in_cooldown_seconds": -1}, "scale_in_cooldown_seconds must be at least 0, got -1"),
        ({"scale_out_cooldown_seconds": -1}, "scale_out_cooldown_seconds must be at least 0, .*-1"),
        ({"schedules": [NIGHT, NIGHT]}, "schedules must have distinct names, got 'Night' twice"),
        (
            {
                "schedules": [
                    ScheduledCapacity(name="X", cron="", min_instances=0, max_instances=-1)
                ]
            },
            "min_instances of schedule 'X' must be at least 1 for metric neuroncore_utilization,"
            r" got 0; max_instances of schedule 'X' must be at least min_instances \(0\), got -1",
        ),
        (
            {"metric": None},
            "schedules must name at least one where there is no metric, got none",
        ),
        ({"port": "rest"}, "port belongs to metric requests, got 'rest'"),
    ],
)
def test_scaling_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"invalid ServiceScalingProps: .*{message}"):
        ServiceScalingProps(**wrong)


def test_a_utilisation_that_nobody_publishes_is_refused(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    with pytest.raises(
        ValueError,
        match="metric neuroncore_utilization is not published by pool inf2-xlarge: the service"
        r" would never scale \(call its add_core_metrics before\)",
    ):
        _scale(stack, cluster, inf2, ServiceScalingProps())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "metric requests is counted by an application load balancer, got none"),
        (
            {"load_balancer": LoadBalancerProps(kind=LoadBalancerKind.NLB)},
            "metric requests is counted by an application load balancer, got nlb",
        ),
        (
            {
                "load_balancer": LoadBalancerProps(),
                "scaling": ServiceScalingProps(metric=ServiceMetric.REQUESTS, port="grpc"),
            },
            r"port of scaling must be one that the load balancer publishes \(http\), got 'grpc'",
        ),
    ],
)
def test_requests_that_nobody_counts_are_refused(
    stack: cdk.Stack,
    cluster: EcsCluster,
    inf2: NeuronCapacityPool,
    given: dict[str, Any],
    message: str,
) -> None:
    scaling = given.pop("scaling", ServiceScalingProps(metric=ServiceMetric.REQUESTS))

    with pytest.raises(ValueError, match=message):
        _scale(stack, cluster, inf2, scaling, **given)
