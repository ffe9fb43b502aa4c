"""What the handlers do when a call fails, or an event says nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from capacity_pool.errors import PoolError
from tests.support.scaling_group import PROPERTIES, FakeGroup, Framework, refusal

CALLS = ("DescribeAutoScalingGroups", "SetInstanceProtection", "UpdateAutoScalingGroup")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "code",
    [
        *("Throttling", "RequestLimitExceeded", "ServiceUnavailable", "InternalFailure"),
        *("ScalingActivityInProgress", "ResourceContention"),
    ],
)
def test_a_passing_error_of_any_call_is_tried_again(
    group: FakeGroup, framework: Framework, call: str, code: str
) -> None:
    group.errors = {call: [refusal(code, call), refusal(code, call)]}

    framework.finish(framework.event("Delete"))

    assert group.instances == {}
    assert len(group.named(call)) >= 3


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "error",
    [EndpointConnectionError(endpoint_url="https://x"), ReadTimeoutError(endpoint_url="https://x")],
)
def test_a_lost_connection_is_tried_again(
    group: FakeGroup, framework: Framework, call: str, error: Exception
) -> None:
    group.errors = {call: [error]}

    framework.finish(framework.event("Delete"))

    assert group.instances == {}


def test_an_instance_that_terminates_between_look_and_call_does_no_harm(
    group: FakeGroup, framework: Framework
) -> None:
    gone = refusal("ValidationError", "SetInstanceProtection", "The instance i-1 is not in Service")
    group.errors = {"SetInstanceProtection": [gone]}

    framework.finish(framework.event("Delete"))

    assert group.instances == {}


def test_a_group_that_goes_between_look_and_call_is_done(
    group: FakeGroup, framework: Framework
) -> None:
    gone = refusal("ValidationError", "UpdateAutoScalingGroup", "name not found - null")
    group.errors = {"UpdateAutoScalingGroup": [gone]}
    started = framework.start(framework.event("Delete"))

    assert not framework.step(started)
    group.exists = False
    assert framework.step(started)


@pytest.mark.parametrize("call", CALLS)
def test_a_right_that_is_missing_fails_at_once_and_names_the_group(
    group: FakeGroup, framework: Framework, call: str
) -> None:
    group.errors = {call: [refusal("AccessDenied", call, "not authorized")]}

    with pytest.raises(PoolError, match=rf"inf2 \(Auto Scaling group group\) could .*{call}.*not "):
        framework.finish(framework.event("Delete"))
    assert len(group.named(call)) == 1


def test_an_error_that_does_not_pass_in_time_is_reported(
    group: FakeGroup, framework: Framework
) -> None:
    busy = "ScalingActivityInProgress"
    group.errors = {
        "UpdateAutoScalingGroup": [refusal(busy, "UpdateAutoScalingGroup")] * 100,
    }

    with pytest.raises(PoolError, match=f"could not be emptied: .*{busy}"):
        framework.finish(framework.event("Delete"))
    assert len(group.named("DescribeAutoScalingGroups")) == 31


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"Pool": ""}, "Pool is required"),
        ({"Cluster": None}, "Cluster is required"),
        ({"GroupName": ""}, "GroupName is required"),
        ({"CapacityProvider": ""}, "CapacityProvider is required"),
        ({"DrainMinutes": "0"}, "DrainMinutes must be a whole number from 1 to 55, got '0'"),
        ({"DrainMinutes": "56"}, "DrainMinutes must be a whole number from 1 to 55, got '56'"),
        ({"DrainMinutes": "many"}, "got 'many'"),
        ({"DrainMinutes": 5}, "DrainMinutes must be a string, got 5"),
    ],
)
def test_wrong_properties_are_rejected(
    framework: Framework, kind: str, wrong: dict[str, Any], message: str
) -> None:
    event = framework.event(kind, ResourceProperties=PROPERTIES | wrong)

    with pytest.raises(PoolError, match=message):
        framework.start(event)


def test_every_wrong_property_is_named_at_once(framework: Framework) -> None:
    with pytest.raises(PoolError, match=r"Pool is.*; Cluster is.*; GroupName is.*; DrainMinutes"):
        framework.start(framework.event("Create", ResourceProperties={}))


@pytest.mark.parametrize("minutes", ["1", "9", "10", "49", "50", "55"])
def test_minutes_at_the_limits_are_accepted(framework: Framework, minutes: str) -> None:
    event = framework.event("Delete", ResourceProperties=PROPERTIES | {"DrainMinutes": minutes})

    assert "DrainUntil" in framework.start(event)


def test_what_is_no_event_is_rejected(framework: Framework) -> None:
    with pytest.raises(PoolError, match="not a CloudFormation event: RequestType is required"):
        framework.start({})
