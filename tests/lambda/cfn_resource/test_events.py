"""Events and properties: strings become types once, with every problem named."""

from __future__ import annotations

from typing import Any

import pytest

from cfn_resource import EventError, PropertyReader, RequestType, one_line, parse_event

EVENT: dict[str, Any] = {
    "RequestType": "Update",
    "RequestId": "r",
    "StackId": "s",
    "LogicalResourceId": "l",
    "PhysicalResourceId": "p",
    "ResourceProperties": {"A": "1"},
}


def test_event_is_typed() -> None:
    event = parse_event(EVENT)

    assert event.request_type is RequestType.UPDATE
    assert (event.request_id, event.stack_id, event.logical_resource_id) == ("r", "s", "l")
    assert (event.physical_resource_id, event.properties) == ("p", {"A": "1"})


def test_create_needs_no_physical_id() -> None:
    event = {**EVENT, "RequestType": "Create"}
    del event["PhysicalResourceId"]

    assert parse_event(event).physical_resource_id is None


@pytest.mark.parametrize("name", sorted(EVENT))
def test_missing_key_is_required_by_name(name: str) -> None:
    event = {key: value for key, value in EVENT.items() if key != name}

    with pytest.raises(EventError, match=f"{name} is required"):
        parse_event(event)


def test_every_problem_of_an_event_is_reported() -> None:
    with pytest.raises(EventError) as caught:
        parse_event({**EVENT, "RequestType": "Upsert", "RequestId": 3, "ResourceProperties": []})

    assert str(caught.value) == (
        "not a CloudFormation event: RequestType must be Create, Update or Delete, got 'Upsert';"
        " ResourceProperties is required; RequestId must be a string"
    )


def test_properties_are_read_as_text_and_boolean() -> None:
    reader = PropertyReader({"A": "text", "B": "true", "C": "false"}, resource_type="Custom::X")

    assert (reader.text("A"), reader.boolean("B"), reader.boolean("C")) == ("text", True, False)
    reader.finish()


def test_every_problem_of_properties_is_reported() -> None:
    reader = PropertyReader({"A": "", "B": "yes", "C": 3, "D": "x"}, resource_type="Custom::X")
    reader.text("A")
    reader.boolean("B")
    reader.text("C")
    reader.text("D", pattern="[0-9]+", rule="digits")

    with pytest.raises(EventError) as caught:
        reader.finish()

    assert str(caught.value) == (
        "invalid Custom::X: A is required; B must be 'true' or 'false', got 'yes';"
        " C must be a string, got 3; D must be digits, got 'x'"
    )


@pytest.mark.parametrize(
    ("text", "limit", "line"),
    [
        ("a\n b\tc", 10, "a b c"),
        ("x" * 10, 10, "x" * 10),
        ("x" * 11, 10, "xxxx [...]"),
        ("é" * 8, 13, "ééé [...]"),
        ('"' * 8, 16, '"' * 8),
        ('"' * 9, 16, '""""" [...]'),
        ("\x00" * 3, 18, "\x00" * 3),
        ("\ud800", 10, "?"),
    ],
)
def test_message_is_one_line_of_limited_bytes(text: str, limit: int, line: str) -> None:
    assert one_line(text, limit=limit) == line
