"""The calls are real ones: boto3's client and moto's Auto Scaling take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from capacity_pool.handler import is_complete
from tests.support.scaling_group import PROPERTIES, FakeGroup, Framework


class FakeContext:
    log_group_name = "logs"
    log_stream_name = "stream"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def autoscaling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield boto3.client("autoscaling")  # pyright: ignore[reportUnknownMemberType]


def test_a_group_of_protected_instances_is_emptied(autoscaling: Any) -> None:
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="config", ImageId="ami-12c6146b", InstanceType="inf1.xlarge"
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="group",
        LaunchConfigurationName="config",
        MinSize=1,
        MaxSize=60,
        DesiredCapacity=52,
        NewInstancesProtectedFromScaleIn=True,
        AvailabilityZones=["us-east-1a"],
    )
    framework = Framework(FakeGroup())
    event = framework.start(framework.event("Delete"))

    steps = 0
    while not is_complete(event, FakeContext(), client=autoscaling, now=lambda: framework.now)[
        "IsComplete"
    ]:
        steps += 1
        assert steps < 5

    (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["group"])[
        "AutoScalingGroups"
    ]
    assert group["Instances"] == []
    assert (group["MinSize"], group["MaxSize"], group["DesiredCapacity"]) == (0, 0, 0)
    assert not group["NewInstancesProtectedFromScaleIn"]


def test_a_group_that_never_was_is_done(autoscaling: Any) -> None:
    framework = Framework(FakeGroup())
    event = framework.event("Delete", ResourceProperties=PROPERTIES | {"GroupName": "none"})

    # without a client of the caller's the handler makes its own
    del autoscaling
    assert is_complete(framework.start(event), FakeContext())["IsComplete"]
