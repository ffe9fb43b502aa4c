"""DeploymentConfig: refused where wrong, read back, and rolled back by an alarm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches import cloudwatch_alarm_state, sagemaker_guardrails
from inferctl.localaws.moto_patches.patch import reverted

pytestmark = pytest.mark.server

PART = {"Type": "CAPACITY_PERCENT", "Value": 20}
CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": PART,
            "WaitIntervalInSeconds": 600,
        },
        "TerminationWaitInSeconds": 300,
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "watch"}]},
}
ROLLING = {"RollingUpdatePolicy": {"MaximumBatchSize": PART, "WaitIntervalInSeconds": 600}}


def _alarm(aws: LocalAws, state: str) -> None:
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="watch",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=3,
        Threshold=0.05,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName="watch", StateValue=state, StateReason="test")


@pytest.fixture(scope="module")
def config(local_aws: LocalAws) -> Callable[[str, int], str]:
    sagemaker = local_aws.client("sagemaker")
    sagemaker.create_model(ModelName="m", ExecutionRoleArn="arn:aws:iam::123456789012:role/r")

    def make(name: str, count: int = 2) -> str:
        variant = {"VariantName": "all", "ModelName": "m", "InstanceType": "ml.g5.xlarge"}
        sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[{**variant, "InitialInstanceCount": count}],
        )
        return name

    return make


@pytest.fixture
def endpoint(
    local_aws: LocalAws, config: Callable[[str, int], str], request: pytest.FixtureRequest
) -> Iterator[str]:
    name = f"e{abs(hash(request.node.name))}"
    sagemaker = local_aws.client("sagemaker")
    _alarm(local_aws, "OK")
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config(f"{name}-blue", 2))
    config(f"{name}-green", 2)
    yield name
    sagemaker.delete_endpoint(EndpointName=name)


def test_moto_still_forgets_the_deployment_config(
    local_aws: LocalAws, config: Callable[[str, int], str]
) -> None:
    sagemaker = local_aws.client("sagemaker")

    with reverted(*sagemaker_guardrails.PATCHES):
        sagemaker.create_endpoint(
            EndpointName="forgets", EndpointConfigName=config("c", 2), DeploymentConfig=ROLLING
        )

    assert "LastDeploymentConfig" not in sagemaker.describe_endpoint(EndpointName="forgets")


def test_patched_the_deployment_config_is_read_back(
    local_aws: LocalAws, config: Callable[[str, int], str]
) -> None:
    sagemaker = local_aws.client("sagemaker")
    _alarm(local_aws, "OK")

    sagemaker.create_endpoint(
        EndpointName="reads", EndpointConfigName=config("d", 2), DeploymentConfig=CANARY
    )

    assert sagemaker.describe_endpoint(EndpointName="reads")["LastDeploymentConfig"] == CANARY


def test_an_update_whose_alarms_are_quiet_goes_through(local_aws: LocalAws, endpoint: str) -> None:
    sagemaker = local_aws.client("sagemaker")

    sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=f"{endpoint}-green", DeploymentConfig=CANARY
    )

    seen = sagemaker.describe_endpoint(EndpointName=endpoint)
    assert seen["EndpointConfigName"] == f"{endpoint}-green"
    assert seen["LastDeploymentConfig"] == CANARY
    assert "FailureReason" not in seen


def test_an_alarm_during_the_update_leaves_the_old_fleet_as_it_was(
    local_aws: LocalAws, endpoint: str, recording_serving: Any
) -> None:
    sagemaker = local_aws.client("sagemaker")
    _alarm(local_aws, "ALARM")
    recording_serving.forgotten.clear()

    sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=f"{endpoint}-green", DeploymentConfig=CANARY
    )

    seen = sagemaker.describe_endpoint(EndpointName=endpoint)
    assert seen["EndpointConfigName"] == f"{endpoint}-blue"
    assert seen["EndpointStatus"] == "InService"
    assert seen["FailureReason"] == (
        f"The update to {endpoint}-green was rolled back: alarm watch is in ALARM."
    )
    assert recording_serving.forgotten == []


def test_an_alarm_that_no_deployment_names_changes_nothing(
    local_aws: LocalAws, endpoint: str
) -> None:
    sagemaker = local_aws.client("sagemaker")
    _alarm(local_aws, "ALARM")

    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-green")

    seen = sagemaker.describe_endpoint(EndpointName=endpoint)
    assert seen["EndpointConfigName"] == f"{endpoint}-green"


def _sized(key: str, kind: str, value: int, routing: str | None = None) -> dict[str, Any]:
    size = {"Type": kind, "Value": value}
    if routing is None:
        return {"RollingUpdatePolicy": {key: size, "WaitIntervalInSeconds": 0}}
    traffic = {"Type": routing, key: size, "WaitIntervalInSeconds": 0}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": traffic}}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({**CANARY, **ROLLING}, "only one update policy can be used"),
        (_sized("CanarySize", "CAPACITY_PERCENT", 51, "CANARY"), "CanarySize must be 1 to 50"),
        (_sized("LinearStepSize", "CAPACITY_PERCENT", 9, "LINEAR"), "LinearStepSize must be 10 to"),
        (_sized("MaximumBatchSize", "INSTANCE_COUNT", 2), "count, 2, got 2 INSTANCE_COUNT"),
        (_sized("LinearStepSize", "INSTANCE_COUNT", 1, "CANARY"), "does not go with CANARY"),
        (_sized("LinearStepSize", "INSTANCE_COUNT", 1, "CANARY"), "CanarySize is required"),
        (
            {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "nobody"}]}},
            "alarms nobody do not exist",
        ),
    ],
)
def test_what_aws_refuses_is_refused(
    local_aws: LocalAws, endpoint: str, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        local_aws.client("sagemaker").update_endpoint(
            EndpointName=endpoint, EndpointConfigName=f"{endpoint}-green", DeploymentConfig=wrong
        )


def test_one_instance_has_no_part_to_update_first(
    local_aws: LocalAws, config: Callable[[str, int], str]
) -> None:
    with pytest.raises(ClientError, match="total instance count, 1, got 20 CAPACITY_PERCENT"):
        local_aws.client("sagemaker").create_endpoint(
            EndpointName="one", EndpointConfigName=config("one", 1), DeploymentConfig=ROLLING
        )


def test_moto_still_resets_an_alarm_that_is_changed(local_aws: LocalAws) -> None:
    _alarm(local_aws, "ALARM")
    with reverted(*cloudwatch_alarm_state.PATCHES):
        _change(local_aws)

    assert _state(local_aws) == "OK"


def test_patched_a_changed_alarm_keeps_its_state(local_aws: LocalAws) -> None:
    _alarm(local_aws, "ALARM")
    _change(local_aws)

    assert _state(local_aws) == "ALARM"


def _change(aws: LocalAws) -> None:
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName="watch",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=4,
        Threshold=0.1,
        ComparisonOperator="GreaterThanThreshold",
    )


def _state(aws: LocalAws) -> str:
    found = aws.client("cloudwatch").describe_alarms(AlarmNames=["watch"])["MetricAlarms"]
    return str(found[0]["StateValue"])
