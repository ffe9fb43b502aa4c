"""The endpoint construct with guardrails, updated by CloudFormation: through, and rolled back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from inferctl.localaws.app import LocalAws
from inference_constructs import (
    ContainerSettings,
    EndpointDeploymentProps,
    ModelData,
    MultiModelEndpoint,
    MultiModelEndpointProps,
    ServingImage,
)
from rollouts import TrafficShift

pytestmark = pytest.mark.server

Synthesize = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def synthesize(aws: LocalAws, repository: Path, tmp_path_factory: Any) -> Synthesize:
    """The template of one endpoint in the embedded AWS's own VPC, with variables of its container.

    ``kind`` is the way of its updates, None for all at once.
    """
    client = aws.client("ec2")
    vpc_id = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        client.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"]
        for n in (0, 1)
    ]
    key_arn = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    context = json.loads((repository / "cdk.json").read_text())["context"]

    def make(kind: TrafficShift | None, **environment: str) -> dict[str, Any]:
        app = cdk.App(
            context=context,
            outdir=str(tmp_path_factory.mktemp("endpoint")),
            builtin_cloud_formation_validation=False,
        )
        stack = cdk.Stack(
            app,
            "Stack",
            env=cdk.Environment(region="us-east-1"),
            synthesizer=cdk.LegacyStackSynthesizer(),
        )
        endpoint = MultiModelEndpoint(
            stack,
            "Endpoint",
            MultiModelEndpointProps(
                endpoint_name="rollout",
                image=ServingImage.stock("26.05-py3"),
                model_data=ModelData(
                    bucket=s3.Bucket.from_bucket_name(stack, "Models", "models"),
                    prefix="fleet/",
                    key=kms.Key.from_key_arn(stack, "Key", key_arn),
                ),
                vpc=ec2.Vpc.from_vpc_attributes(
                    stack,
                    "Vpc",
                    vpc_id=vpc_id,
                    availability_zones=["us-east-1a", "us-east-1b"],
                    private_subnet_ids=subnets,
                    private_subnet_route_table_ids=["rtb-1", "rtb-2"],
                ),
                container=ContainerSettings(environment=environment),
                removal_policy=cdk.RemovalPolicy.DESTROY,
            ),
        )
        if kind is not None:
            endpoint.deploy_gradually(EndpointDeploymentProps(kind=kind, percent=50))
        template: dict[str, Any] = app.synth().get_stack_by_name("Stack").template
        return template

    return make


def _endpoint(aws: LocalAws) -> dict[str, Any]:
    seen: dict[str, Any] = aws.client("sagemaker").describe_endpoint(EndpointName="rollout")
    return seen


def _alarms(aws: LocalAws) -> dict[str, dict[str, str]]:
    """The dimensions of the endpoint's alarms, by name."""
    found = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {
        alarm["AlarmName"]: {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
        for alarm in found
    }


@pytest.mark.parametrize("kind", list(TrafficShift))
def test_guardrails_are_accepted_and_read_back(
    stacks: Any, aws: LocalAws, synthesize: Synthesize, kind: TrafficShift
) -> None:
    assert stacks.create("rollout", synthesize(kind))["StackStatus"] == "CREATE_COMPLETE"

    deployed = _endpoint(aws)["LastDeploymentConfig"]
    named = {one["AlarmName"] for one in deployed["AutoRollbackConfiguration"]["Alarms"]}
    assert named == set(_alarms(aws))
    policy = "RollingUpdatePolicy" if kind is TrafficShift.ROLLING else "BlueGreenUpdatePolicy"
    assert policy in deployed


def test_alarms_watch_the_new_configuration_before_the_endpoint_is_updated(
    stacks: Any, aws: LocalAws, synthesize: Synthesize
) -> None:
    stacks.create("rollout", synthesize(TrafficShift.CANARY))
    before = _endpoint(aws)["EndpointConfigName"]

    updated = stacks.update("rollout", synthesize(TrafficShift.CANARY, VERSION="2"))

    assert updated["StackStatus"] == "UPDATE_COMPLETE"
    after = _endpoint(aws)["EndpointConfigName"]
    assert after != before
    assert {seen["EndpointConfigName"] for seen in _alarms(aws).values()} == {after}
    order = [name for name, status in stacks.events("rollout") if status == "UPDATE_IN_PROGRESS"]
    alarms = [name for name in order if name.startswith("EndpointDeployment")]
    assert len(alarms) == 2
    assert max(map(order.index, alarms)) < order.index("EndpointEEF1FD8F")


def test_an_alarm_during_the_update_rolls_endpoint_and_stack_back(
    stacks: Any, aws: LocalAws, synthesize: Synthesize
) -> None:
    stacks.create("rollout", synthesize(TrafficShift.LINEAR))
    before = _endpoint(aws)["EndpointConfigName"]
    for name in _alarms(aws):
        aws.client("cloudwatch").set_alarm_state(
            AlarmName=name, StateValue="ALARM", StateReason="errors"
        )

    rolled_back = stacks.update("rollout", synthesize(TrafficShift.LINEAR, VERSION="2"))

    assert rolled_back["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "was rolled back: alarm " in stacks.reasons("rollout")
    assert _endpoint(aws)["EndpointConfigName"] == before
    configs = aws.client("sagemaker").list_endpoint_configs()["EndpointConfigs"]
    assert [config["EndpointConfigName"] for config in configs] == [before]
    assert {seen["EndpointConfigName"] for seen in _alarms(aws).values()} == {before}


def test_guardrails_are_taken_away_again(
    stacks: Any, aws: LocalAws, synthesize: Synthesize
) -> None:
    stacks.create("rollout", synthesize(TrafficShift.CANARY))

    updated = stacks.update("rollout", synthesize(None, VERSION="2"))

    assert updated["StackStatus"] == "UPDATE_COMPLETE"
    assert "LastDeploymentConfig" not in _endpoint(aws)
    assert _alarms(aws) == {}
