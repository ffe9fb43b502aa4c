"""The query protocol, read and written by botocore's shapes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inferctl.localaws.cloudformation.errors import CloudFormationError
from inferctl.localaws.cloudformation.protocol import failure, operation, parse_input, success


def test_numbered_members_become_lists_and_structures() -> None:
    params = {
        "Action": "CreateStack",
        "StackName": "s",
        "DisableRollback": "true",
        "TimeoutInMinutes": "5",
        "Tags.member.1.Key": "a",
        "Tags.member.1.Value": "",
        "Tags.member.2.Key": "b",
        "Tags.member.2.Value": "2",
        "NotificationARNs": "",
        "Capabilities.member.1": "CAPABILITY_IAM",
    }

    assert parse_input(operation("CreateStack"), params) == {
        "StackName": "s",
        "DisableRollback": True,
        "TimeoutInMinutes": 5,
        "Tags": [{"Key": "a", "Value": ""}, {"Key": "b", "Value": "2"}],
        "NotificationARNs": [],
        "Capabilities": ["CAPABILITY_IAM"],
    }


def test_missing_required_member_is_refused() -> None:
    with pytest.raises(CloudFormationError, match="CreateChangeSet requires StackName"):
        parse_input(operation("CreateChangeSet"), {"ChangeSetName": "c"})


def test_answer_escapes_text_and_keeps_milliseconds() -> None:
    time = datetime(2026, 11, 21, 7, 8, 9, 123456, tzinfo=UTC)
    event = {"EventId": "e", "ResourceStatusReason": "a < b \x1b[0m", "Timestamp": time}

    body = success(operation("DescribeStackEvents"), {"StackEvents": [event]}).body.decode()

    assert "<member>" in body
    assert "<ResourceStatusReason>a &lt; b ?[0m</ResourceStatusReason>" in body
    assert "<Timestamp>2026-11-21T07:08:09.123Z</Timestamp>" in body


def test_member_that_the_api_does_not_have_is_a_bug_of_ours() -> None:
    with pytest.raises(KeyError, match="DescribeStacksOutput has no members"):
        success(operation("DescribeStacks"), {"Nope": 1})


def test_error_carries_code_message_and_status() -> None:
    answer = failure(CloudFormationError("a & b", code="ChangeSetNotFound", status=404))

    assert answer.status == 404
    assert b"<Code>ChangeSetNotFound</Code><Message>a &amp; b</Message>" in answer.body
