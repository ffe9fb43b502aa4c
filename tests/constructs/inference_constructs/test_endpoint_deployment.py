"""Guardrails: what SageMaker is told, and alarms that watch the new fleet when it is warm."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from inference_constructs import (
    EndpointDeploymentProps,
    ModelData,
    MultiModelEndpoint,
    MultiModelEndpointProps,
    ServingImage,
)
from rollouts import TrafficShift


@pytest.fixture
def endpoint(stack: cdk.Stack, vpc: ec2.IVpc, model_data: ModelData) -> MultiModelEndpoint:
    return MultiModelEndpoint(
        stack,
        "Endpoint",
        MultiModelEndpointProps(
            endpoint_name="fleet",
            image=ServingImage.stock("26.05-py3"),
            model_data=model_data,
            vpc=vpc,
        ),
    )


def _resources(stack: cdk.Stack, kind: str) -> dict[str, dict[str, Any]]:
    found = Template.from_stack(stack).find_resources(f"AWS::{kind}")
    return {key: dict(resource["Properties"]) for key, resource in found.items()}


def _deployment(stack: cdk.Stack) -> dict[str, Any]:
    (properties,) = _resources(stack, "SageMaker::Endpoint").values()
    return dict(properties["DeploymentConfig"])


@pytest.mark.usefixtures("endpoint")
def test_all_traffic_is_shifted_at_once_unless_asked_otherwise(stack: cdk.Stack) -> None:
    (properties,) = _resources(stack, "SageMaker::Endpoint").values()

    assert "DeploymentConfig" not in properties
    assert _resources(stack, "CloudWatch::Alarm") == {}


def test_a_canary_is_one_part_and_then_the_rest(
    stack: cdk.Stack, endpoint: MultiModelEndpoint
) -> None:
    endpoint.deploy_gradually(
        EndpointDeploymentProps(
            kind=TrafficShift.CANARY, termination_wait_seconds=0, timeout_seconds=7200
        )
    )

    assert _deployment(stack)["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
            "WaitIntervalInSeconds": 600,
        },
        "TerminationWaitInSeconds": 0,
        "MaximumExecutionTimeoutInSeconds": 7200,
    }


def test_linear_parts_are_equal(stack: cdk.Stack, endpoint: MultiModelEndpoint) -> None:
    endpoint.deploy_gradually(EndpointDeploymentProps(kind=TrafficShift.LINEAR, percent=25))

    assert _deployment(stack)["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {
            "Type": "LINEAR",
            "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
            "WaitIntervalInSeconds": 600,
        }
    }


def test_rolling_replaces_batches(stack: cdk.Stack, endpoint: MultiModelEndpoint) -> None:
    endpoint.deploy_gradually(EndpointDeploymentProps(kind=TrafficShift.ROLLING, percent=50))

    deployment = _deployment(stack)
    assert "BlueGreenUpdatePolicy" not in deployment
    assert deployment["RollingUpdatePolicy"] == {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 600,
    }


def test_every_alarm_rolls_back_and_is_made_without_the_endpoint(
    stack: cdk.Stack, endpoint: MultiModelEndpoint
) -> None:
    endpoint.deploy_gradually(EndpointDeploymentProps(kind=TrafficShift.CANARY, latency_ms=200))

    alarms = _resources(stack, "CloudWatch::Alarm")
    (endpoint_id,) = _resources(stack, "SageMaker::Endpoint")
    named = _deployment(stack)["AutoRollbackConfiguration"]["Alarms"]
    assert [alarm["AlarmName"]["Ref"] for alarm in named] == list(alarms)
    assert len(alarms) == 3
    assert endpoint_id not in str(alarms)


def test_errors_are_those_of_the_new_fleet_alone(
    stack: cdk.Stack, endpoint: MultiModelEndpoint
) -> None:
    endpoint.deploy_gradually(EndpointDeploymentProps(kind=TrafficShift.CANARY, errors_percent=2))

    (config,) = _resources(stack, "SageMaker::EndpointConfig")
    alarms = _resources(stack, "CloudWatch::Alarm").values()
    assert {alarm["MetricName"] for alarm in alarms} == {
        "Invocation5XXErrors",
        "InvocationModelErrors",
    }
    for alarm in alarms:
        assert alarm["Dimensions"] == [
            {
                "Name": "EndpointConfigName",
                "Value": {"Fn::GetAtt": [config, "EndpointConfigName"]},
            },
            {"Name": "EndpointName", "Value": "fleet"},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ]
        assert (alarm["Statistic"], alarm["Threshold"]) == ("Average", 0.02)


def test_no_alarm_fires_for_trouble_of_the_cold_minutes(
    stack: cdk.Stack, endpoint: MultiModelEndpoint
) -> None:
    endpoint.deploy_gradually(
        EndpointDeploymentProps(
            kind=TrafficShift.CANARY, cold_minutes=10, wait_seconds=900, latency_ms=200
        )
    )

    for alarm in _resources(stack, "CloudWatch::Alarm").values():
        assert alarm["EvaluationPeriods"] == alarm["DatapointsToAlarm"] == 13
        assert alarm["TreatMissingData"] == "notBreaching"


def _latency_seen(expression: str, **values: float) -> float:
    """The metric math of the alarm, which has one IF and plain arithmetic."""
    condition, then, otherwise = expression.removeprefix("IF(").removesuffix(")").split(", ")
    chosen = then if eval(condition, {}, values) else otherwise
    return float(eval(chosen, {}, values))


@pytest.mark.parametrize(
    ("cold", "calls", "latency", "seen"),
    [
        (100, 100, 40_000_000, 0),  # a canary right after the shift: all cold
        (6, 100, 40_000_000, 0),
        (5, 100, 300_000, 300_000),  # too few to be in the 90th percentile
        (0, 100, 300_000, 300_000),
        (1, 10, 40_000_000, 0),
    ],
)
def test_latency_counts_only_when_cold_calls_cannot_show_in_it(
    stack: cdk.Stack,
    endpoint: MultiModelEndpoint,
    cold: int,
    calls: int,
    latency: float,
    seen: float,
) -> None:
    endpoint.deploy_gradually(EndpointDeploymentProps(kind=TrafficShift.CANARY, latency_ms=200))
    (alarm,) = (
        alarm for alarm in _resources(stack, "CloudWatch::Alarm").values() if "Metrics" in alarm
    )
    metrics = {metric["Id"]: metric for metric in alarm["Metrics"]}
    (math,) = (metric["Expression"] for metric in metrics.values() if "Expression" in metric)

    judged = _latency_seen(math, seen=calls * 10, hits=calls * 10 - cold, calls=calls,
                           latency=latency)  # fmt: skip

    assert judged == seen
    assert metrics["latency"]["MetricStat"]["Stat"] == "p90"
    assert alarm["Threshold"] == 200_000


def test_hits_are_read_with_the_dimensions_that_are_documented_for_them(
    stack: cdk.Stack, endpoint: MultiModelEndpoint
) -> None:
    endpoint.deploy_gradually(EndpointDeploymentProps(kind=TrafficShift.CANARY, latency_ms=200))
    (alarm,) = (
        alarm for alarm in _resources(stack, "CloudWatch::Alarm").values() if "Metrics" in alarm
    )
    metrics = {metric["Id"]: metric for metric in alarm["Metrics"]}

    for name, dimensions in (("hits", 2), ("seen", 2), ("calls", 3), ("latency", 3)):
        assert len(metrics[name]["MetricStat"]["Metric"]["Dimensions"]) == dimensions


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"percent": 0}, "percent must be 1 to 50 for canary, got 0"),
        ({"percent": 51}, "percent must be 1 to 50 for canary, got 51"),
        ({"kind": TrafficShift.LINEAR, "percent": 9}, "percent must be 10 to 50 for linear"),
        ({"kind": TrafficShift.ROLLING, "percent": 4}, "percent must be 5 to 50 for rolling"),
        ({"wait_seconds": 3601}, "wait_seconds must be 0 to 3600, got 3601"),
        ({"wait_seconds": 539}, "wait_seconds must be at least 540: an alarm fires after 5 cold"),
        ({"termination_wait_seconds": 3601}, "termination_wait_seconds must be 0 to 3600"),
        (
            {"kind": TrafficShift.ROLLING, "termination_wait_seconds": 0},
            "termination_wait_seconds must be left out for rolling",
        ),
        ({"timeout_seconds": 599}, "timeout_seconds must be 600 to 28800, got 599"),
        ({"timeout_seconds": 1200}, "must be more than the 1200 seconds of waiting in 2 steps"),
        ({"kind": TrafficShift.ROLLING, "percent": 5, "wait_seconds": 1440}, "28800 seconds of"),
        ({"cold_minutes": -1}, "cold_minutes must be 0 or more, got -1"),
        ({"errors_percent": 0}, "errors_percent must be more than 0 and at most 50, got 0"),
        ({"latency_ms": 0}, "latency_ms must be 1 or more, got 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match="invalid EndpointDeploymentProps: ") as caught:
        EndpointDeploymentProps(**{"kind": TrafficShift.CANARY, **change})

    assert problem in str(caught.value)
