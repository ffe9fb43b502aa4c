"""The life of a custom resource: what it is told, and what its answers do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Stacks


def _failing(after: str) -> dict[str, Any]:
    """A subnet of a network that does not exist."""
    properties = {"VpcId": "vpc-00000000", "CidrBlock": "10.0.0.0/24"}
    return {"Type": "AWS::EC2::Subnet", "Properties": properties, "DependsOn": after}


def _custom(token: str, value: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Custom::Thing",
        "Properties": {"ServiceToken": token, "Value": value, **more},
    }


def test_failed_update_sends_the_custom_resource_back_to_its_old_properties(
    stacks: Stacks, token: str
) -> None:
    def behaviour(event: dict[str, Any]) -> dict[str, Any]:
        if event["ResourceProperties"]["Value"] == "bad" and event["RequestType"] == "Update":
            return {"Status": "FAILED", "Reason": "value is bad"}
        return {}

    stacks.functions.behaviour = behaviour
    stacks.create("crlife", {"Resources": {"Thing": _custom(token, "1")}})
    stacks.update("crlife", {"Resources": {"Thing": _custom(token, "2")}})

    failed = stacks.update("crlife", {"Resources": {"Thing": _custom(token, "bad")}})
    stacks.delete("crlife")

    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.functions.story() == [
        ("Create", None, "1"),
        ("Update", "thing", "2"),
        ("Update", "thing", "bad"),
        ("Update", "thing", "2"),
        ("Delete", "thing", "2"),
    ]
    back = stacks.functions.events[3]
    assert back["OldResourceProperties"]["Value"] == "bad"


def test_changed_physical_id_is_cleaned_up_after_the_update(stacks: Stacks, token: str) -> None:
    stacks.functions.behaviour = lambda event: {
        "PhysicalResourceId": event.get("PhysicalResourceId")
        if event["RequestType"] == "Delete"
        else f"thing-{event['ResourceProperties']['Value']}"
    }
    stacks.create("crid", {"Resources": {"Thing": _custom(token, "a")}})
    stacks.update("crid", {"Resources": {"Thing": _custom(token, "b")}})
    stacks.delete("crid")

    assert stacks.functions.story() == [
        ("Create", None, "a"),
        ("Update", "thing-a", "b"),
        ("Delete", "thing-a", "a"),
        ("Delete", "thing-b", "b"),
    ]


def test_rollback_after_a_changed_physical_id_deletes_the_new_one_only(
    stacks: Stacks, token: str
) -> None:
    stacks.functions.behaviour = lambda event: {
        "PhysicalResourceId": event.get("PhysicalResourceId")
        if event["RequestType"] == "Delete"
        else f"thing-{event['ResourceProperties']['Value']}"
    }
    stacks.create("crback", {"Resources": {"Thing": _custom(token, "a")}})
    template = {"Resources": {"Thing": _custom(token, "b"), "Bad": _failing("Thing")}}

    assert stacks.update("crback", template)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"

    assert stacks.functions.story() == [
        ("Create", None, "a"),
        ("Update", "thing-a", "b"),
        ("Update", "thing-b", "a"),
        ("Delete", "thing-b", "b"),
    ]
    assert stacks.physical_id("crback", "Thing") == "thing-a"


def test_custom_resource_that_dies_fails_at_once_with_its_reason(
    stacks: Stacks, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_spec: Any, payload: bytes) -> None:
        event = json.loads(payload)
        error = {"errorType": "Crash", "errorMessage": "exit 1"}
        if event["RequestType"] == "Create":
            stacks.aws._event_failed(token, event, error)
        else:
            stacks.functions.invoke_async(None, payload)

    monkeypatch.setattr(stacks.aws.lambda_runtime, "invoke_async", die)

    status = stacks.create("dead", {"Resources": {"Thing": _custom(token, "1")}})["StackStatus"]

    assert status == "ROLLBACK_COMPLETE"
    assert "Crash: exit 1" in stacks.reasons("dead")


def test_custom_resource_that_never_answers_fails_after_its_service_timeout(
    stacks: Stacks, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent_create(_spec: Any, payload: bytes) -> None:
        if b'"RequestType": "Create"' not in payload:
            stacks.functions.invoke_async(None, payload)

    monkeypatch.setattr(stacks.aws.lambda_runtime, "invoke_async", silent_create)
    thing = _custom(token, "1", ServiceTimeout=1)

    assert stacks.create("silent", {"Resources": {"Thing": thing}})["StackStatus"] == (
        "ROLLBACK_COMPLETE"
    )
    assert "within 1 seconds" in stacks.reasons("silent")
    assert [event["RequestType"] for event in stacks.functions.events] == ["Delete"]


def test_response_above_4096_bytes_fails_the_resource(stacks: Stacks, token: str) -> None:
    stacks.functions.behaviour = lambda event: (
        {"Data": {"Long": "x" * 4096}} if event["RequestType"] == "Create" else {}
    )

    stacks.create("long", {"Resources": {"Thing": _custom(token, "1")}})

    assert "Response object is too long" in stacks.reasons("long")


def test_custom_resource_gets_text_and_gives_attributes(stacks: Stacks, token: str) -> None:
    stacks.functions.behaviour = lambda _event: {"Data": {"Plain": "p", "Dotted.Name": "d"}}
    thing = _custom(token, "1", Number=3, Flag=True, Deep={"List": [1, {"Off": False}]})
    template = {
        "Resources": {"Thing": thing},
        "Outputs": {
            "Plain": {"Value": {"Fn::GetAtt": ["Thing", "Plain"]}},
            "Dotted": {"Value": {"Fn::GetAtt": "Thing.Dotted.Name"}},
            "Ref": {"Value": {"Ref": "Thing"}},
        },
    }

    stacks.create("crdata", template)

    assert stacks.outputs("crdata") == {"Plain": "p", "Dotted": "d", "Ref": "thing"}
    properties = stacks.functions.events[0]["ResourceProperties"]
    assert properties["Number"] == "3"
    assert properties["Flag"] == "true"
    assert properties["Deep"] == {"List": ["1", {"Off": "false"}]}
