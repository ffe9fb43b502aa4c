"""API actions that only look, and the way back from a paused update."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Stacks

_GROUP = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}}
_BAD = {
    "Type": "AWS::EC2::Subnet",
    "Properties": {"VpcId": "vpc-00000000", "CidrBlock": "10.0.0.0/24"},
    "DependsOn": "Group",
}


def _changed() -> dict[str, Any]:
    group = {**_GROUP, "Properties": {"RetentionInDays": 14}}
    return {"Resources": {"Group": group, "Bad": _BAD}}


def test_paused_update_is_rolled_back_when_asked(stacks: Stacks) -> None:
    stacks.create("paused-update", {"Resources": {"Group": _GROUP}})
    paused = stacks.update("paused-update", _changed(), DisableRollback=True)
    assert paused["StackStatus"] == "UPDATE_FAILED"

    stacks.client.rollback_stack(StackName="paused-update")

    assert stacks.describe("paused-update")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    resources = stacks.service.resources("paused-update")
    assert [(item.logical_id, item.properties) for item in resources] == [
        ("Group", {"RetentionInDays": 7})
    ]


def test_failed_events_are_listed_for_the_diagnosis_of_the_cli(stacks: Stacks) -> None:
    stacks.create("diagnosed", {"Resources": {"Group": _GROUP, "Bad": _BAD}})

    events = stacks.client.describe_events(StackName="diagnosed", Filters={"FailedEvents": True})

    assert [item["LogicalResourceId"] for item in events["OperationEvents"]] == ["Bad"]
    assert stacks.client.list_hook_results(TargetType="STACK", TargetId="x")["HookResults"] == []


def test_template_is_described_and_returned_as_it_was_sent(stacks: Stacks) -> None:
    template = {
        "Description": "d",
        "Parameters": {"P": {"Type": "String", "Default": "x"}},
        "Resources": {"Group": _GROUP},
    }
    text = json.dumps(template, indent=3)

    valid = stacks.client.validate_template(TemplateBody=text)
    stacks.create("described", template)

    assert valid["Parameters"][0]["ParameterKey"] == "P"
    assert valid["Description"] == "d"
    assert stacks.client.get_template(StackName="described")["TemplateBody"] == template
    resources = stacks.client.list_stack_resources(StackName="described")
    assert resources["StackResourceSummaries"][0]["ResourceStatus"] == "CREATE_COMPLETE"
    summaries = stacks.client.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    assert "described" in [item["StackName"] for item in summaries]
    found = stacks.client.describe_stack_resources(
        PhysicalResourceId=stacks.physical_id("described", "Group")
    )
    assert found["StackResources"][0]["StackName"] == "described"


def test_everybody_but_a_custom_resources_handler_waits_for_the_operation(
    stacks: Stacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks.create("held", {"Resources": {"Group": _GROUP}})
    waited: list[str] = []
    store = stacks.service._store
    monkeypatch.setattr(store, "wait_idle", lambda stack, _seconds: waited.append(stack.name))
    question = {"Action": "DescribeStacks", "Version": "2010-05-15", "StackName": "held"}

    for agent in ("Boto3/1.43 exec-env/AWS_Lambda_python3.14 Botocore/1", "aws-cdk/2.1135.0"):
        assert waited == []
        answer = stacks.service.handle(question, region="us-east-1", agent=agent)
        assert b"CREATE_COMPLETE" in answer.body

    assert waited == ["held"]
