"""Whether CloudFormation is on its way back: what worked before is not judged again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from cfn_resource import ResourceEvent


class StacksClient(Protocol):
    """The one call of boto3's CloudFormation client that is made."""

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]: ...


def is_rolling_back(stacks: StacksClient, event: ResourceEvent) -> bool:
    """Whether the resource's stack rolls back.

    A verification that failed then would leave the stack in UPDATE_ROLLBACK_FAILED, which nothing
    but a person gets it out of. The event itself looks like that of any update.
    """
    (stack,) = stacks.describe_stacks(StackName=event.stack_id)["Stacks"]
    return "ROLLBACK" in stack["StackStatus"]
