"""CloudFormation's event, with its strings turned into types once, at the edge.

Source: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from cfn_resource.errors import EventError


class RequestType(StrEnum):
    """What CloudFormation wants."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


@dataclass(frozen=True, kw_only=True)
class ResourceEvent:
    """One request for one custom resource."""

    request_type: RequestType
    request_id: str
    stack_id: str
    logical_resource_id: str
    physical_resource_id: str | None
    """None in the Create event as `on_event` gets it."""
    properties: Mapping[str, object]


def parse_event(event: Mapping[str, object]) -> ResourceEvent:
    """The typed event; raises `EventError` with everything that is missing or wrong."""
    problems: list[str] = []

    def text(name: str) -> str:
        value = event.get(name)
        if isinstance(value, str) and value:
            return value
        problems.append(f"{name} is required" if value is None else f"{name} must be a string")
        return ""

    kind = text("RequestType")
    if kind and kind not in set(RequestType):
        problems.append(f"RequestType must be Create, Update or Delete, got {kind!r}")
    physical = text("PhysicalResourceId") if kind != RequestType.CREATE else _optional(event)
    properties = event.get("ResourceProperties")
    if not isinstance(properties, Mapping):
        problems.append("ResourceProperties is required")
        properties = {}
    request_id, stack_id = text("RequestId"), text("StackId")
    logical = text("LogicalResourceId")
    if problems:
        raise EventError("not a CloudFormation event: " + "; ".join(problems))
    return ResourceEvent(
        request_type=RequestType(kind),
        request_id=request_id,
        stack_id=stack_id,
        logical_resource_id=logical,
        physical_resource_id=physical,
        properties=cast("Mapping[str, object]", properties),
    )


def _optional(event: Mapping[str, object]) -> str | None:
    value = event.get("PhysicalResourceId")
    return value if isinstance(value, str) else None
