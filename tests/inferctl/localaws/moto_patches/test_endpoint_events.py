"""Endpoints tell EventBridge that they are in service, and rules hand events to functions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches import events_lambda_targets, sagemaker_endpoint_events
from inferctl.localaws.moto_patches.patch import reverted

pytestmark = pytest.mark.server

PATTERN = {
    "source": ["aws.sagemaker"],
    "detail-type": ["SageMaker Endpoint State Change"],
    "detail": {"EndpointName": ["told"], "EndpointStatus": ["IN_SERVICE"]},
}


@pytest.fixture(scope="module")
def function(local_aws: LocalAws, lambda_role: str) -> str:
    """The ARN of a function that never runs here: calls are recorded before."""
    made = local_aws.client("lambda").create_function(
        FunctionName="listener",
        Runtime="python3.14",
        Role=lambda_role,
        Handler="index.handler",
        Code={"ZipFile": _archive()},
    )
    return str(made["FunctionArn"])


def _archive() -> bytes:
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "")
    return packed.getvalue()


@pytest.fixture
def heard(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Payloads of asynchronous calls, as they come."""
    payloads: list[Any] = []
    monkeypatch.setattr(
        local_aws.lambda_runtime,
        "invoke_async",
        lambda _spec, payload: payloads.append(json.loads(payload)),
    )
    return payloads


@pytest.fixture
def rule(local_aws: LocalAws, function: str) -> Iterator[Callable[..., None]]:
    events = local_aws.client("events")

    def put(state: str = "ENABLED", **target: Any) -> None:
        events.put_rule(Name="rule", EventPattern=json.dumps(PATTERN), State=state)
        events.put_targets(Rule="rule", Targets=[{"Id": "one", "Arn": function, **target}])

    yield put
    events.remove_targets(Rule="rule", Ids=["one"])
    events.delete_rule(Name="rule")


@pytest.fixture(scope="module")
def endpoints(local_aws: LocalAws) -> Any:
    sagemaker = local_aws.client("sagemaker")
    sagemaker.create_model(ModelName="m", ExecutionRoleArn="arn:aws:iam::123456789012:role/r")
    for name in ("one", "two"):
        sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "all",
                    "ModelName": "m",
                    "InstanceType": "ml.g5.xlarge",
                    "InitialInstanceCount": 1,
                }
            ],
        )
    for name in ("told", "other"):
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="one")
    return sagemaker


def _scale(sagemaker: Any, name: str, count: int) -> None:
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[{"VariantName": "all", "DesiredInstanceCount": count}],
    )


def _wait(heard: list[Any], number: int) -> None:
    deadline = time.monotonic() + 5
    while len(heard) < number and time.monotonic() < deadline:
        time.sleep(0.01)


def test_moto_still_sends_nothing_and_knows_no_functions(
    endpoints: Any, rule: Callable[..., None], heard: list[Any]
) -> None:
    rule()

    with reverted(*sagemaker_endpoint_events.PATCHES):
        _scale(endpoints, "told", 2)
    with reverted(*events_lambda_targets.PATCHES), pytest.raises(ClientError, match="not defined"):
        _scale(endpoints, "told", 3)

    assert heard == []


def test_patched_a_scaled_endpoint_is_told_as_it_is_now(
    endpoints: Any, rule: Callable[..., None], heard: list[Any]
) -> None:
    rule()

    _scale(endpoints, "told", 4)

    _wait(heard, 1)
    (event,) = heard
    assert event["detail-type"] == "SageMaker Endpoint State Change"
    assert event["detail"]["EndpointName"] == "told"
    assert event["detail"]["ProductionVariants"][0]["DesiredInstanceCount"] == 4


def test_patched_an_updated_endpoint_is_told(
    endpoints: Any, rule: Callable[..., None], heard: list[Any]
) -> None:
    rule()

    endpoints.update_endpoint(EndpointName="told", EndpointConfigName="two")

    _wait(heard, 1)
    assert [event["detail"]["EndpointConfigName"] for event in heard] == ["two"]


def test_the_input_of_a_target_takes_the_place_of_the_event(
    endpoints: Any, rule: Callable[..., None], heard: list[Any]
) -> None:
    rule(Input='{"EndpointName": "told"}')

    _scale(endpoints, "told", 5)

    _wait(heard, 1)
    assert heard == [{"EndpointName": "told"}]


def test_other_endpoints_and_rules_that_are_off_are_not_told(
    endpoints: Any, rule: Callable[..., None], heard: list[Any]
) -> None:
    rule()
    _scale(endpoints, "other", 2)
    rule(state="DISABLED")
    _scale(endpoints, "told", 6)

    assert heard == []
