"""What the service remembers: stacks, their live resources, events and change sets."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .templates import Template

STACK_TYPE = "AWS::CloudFormation::Stack"
RETAIN = frozenset({"Retain", "RetainExceptOnCreate"})


def now() -> datetime:
    """The time as every date of the API is given: UTC."""
    return datetime.now(UTC)


@dataclass
class LiveResource:
    """One resource as it exists: its physical id, and the properties it was last given."""

    logical_id: str
    type: str
    physical_id: str
    properties: dict[str, Any]
    attributes: dict[str, Any] = field(default_factory=dict)
    dependencies: frozenset[str] = frozenset()
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    metadata: Any = None
    status: str = ""
    reason: str | None = None
    changed: datetime = field(default_factory=now)

    @property
    def reference(self) -> str:
        """What ``Ref`` gives: the physical id, or the ARN where the type prefers that."""
        return str(self.attributes.get("Ref", self.physical_id))

    @property
    def retained_on_delete(self) -> bool:
        """Whether removing it from the stack keeps it in the account."""
        return self.deletion_policy in RETAIN


@dataclass(frozen=True)
class Event:
    """One line of the stack's history."""

    id: str
    time: datetime
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    operation_id: str


@dataclass(frozen=True)
class ParameterValue:
    """A parameter as given, and as resolved when it names an SSM parameter."""

    key: str
    given: Any
    resolved: Any
    no_echo: bool = False
    from_ssm: bool = False


@dataclass(frozen=True)
class Output:
    """One evaluated output; ``export`` is its name for other stacks."""

    key: str
    value: str
    description: str | None
    export: str | None


@dataclass(frozen=True)
class Target:
    """What an operation brings a stack to."""

    template: Template
    parameters: Mapping[str, ParameterValue]
    tags: tuple[tuple[str, str], ...] = ()
    notification_arns: tuple[str, ...] = ()
    role_arn: str | None = None
    capabilities: tuple[str, ...] = ()
    rollback_configuration: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class ChangeSet:
    """A planned operation, waiting to be executed."""

    name: str
    id: str
    kind: str
    target: Target
    description: str | None
    changes: list[dict[str, Any]]
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    execution_status: str = "AVAILABLE"
    created: datetime = field(default_factory=now)


@dataclass
class Stack:
    """One stack and everything that belongs to it."""

    name: str
    id: str
    region: str
    account: str
    status: str
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    deleted: datetime | None = None
    reason: str | None = None
    target: Target | None = None
    resources: dict[str, LiveResource] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    imports: frozenset[str] = frozenset()
    events: list[Event] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    termination_protection: bool = False
    disable_rollback: bool = False
    operation_id: str = ""

    @property
    def in_progress(self) -> bool:
        """Whether an operation runs; a stack in review is at rest."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    @property
    def exists(self) -> bool:
        """Whether a deployment ever started and the stack was not deleted since."""
        return self.status not in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")

    def set_status(self, status: str, reason: str | None = None) -> None:
        """Enter ``status`` and say so in the history."""
        self.reason = reason
        self.record(self.name, self.id, STACK_TYPE, status, reason)
        # last: who waits for the status then also finds the event
        self.status = status

    def record(
        self, logical_id: str, physical_id: str, kind: str, status: str, reason: str | None = None
    ) -> None:
        """Add one event, newest last."""
        self.events.append(
            Event(
                id=f"{logical_id}-{uuid.uuid4()}",
                time=now(),
                logical_id=logical_id,
                physical_id=physical_id,
                type=kind,
                status=status,
                reason=reason,
                operation_id=self.operation_id,
            )
        )

    def record_resource(self, resource: LiveResource, status: str, reason: str | None) -> None:
        """Enter ``status`` for a resource and say so in the history."""
        resource.status, resource.reason, resource.changed = status, reason, now()
        self.record(resource.logical_id, resource.physical_id, resource.type, status, reason)
