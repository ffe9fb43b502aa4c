"""One step towards an empty group, repeated by the framework until there is nothing left to do.

Each step begins with a fresh look and does whatever that shows to be missing, so that it does not
matter which earlier step was lost, repeated or late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from capacity_pool.group import Group, read_group
from capacity_pool.pool import Pool

# ValidationError is what a group answers to a change that it has overtaken: an instance that
# terminates meanwhile, a group that is deleted; InvalidParameterException what ECS answers for a
# task that is gone. The next look shows which.
# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html
_PASSING: Final = frozenset(
    {
        *("Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled"),
        *("ServiceUnavailable", "InternalFailure", "InternalError"),
        *("ScalingActivityInProgress", "ResourceContention", "ValidationError"),
        *("ServerException", "InvalidParameterException"),
    }
)

# What botocore raises when the API refuses, or is not reached.
FAULTS: Final = (ClientError, HTTPClientError, NoConnectionError)


class AutoScalingClient(Protocol):
    """The calls of boto3's Auto Scaling client that draining makes."""

    def describe_auto_scaling_groups(
        self, *, AutoScalingGroupNames: Sequence[str]
    ) -> Mapping[str, Any]: ...

    def set_instance_protection(
        self,
        *,
        AutoScalingGroupName: str,
        InstanceIds: Sequence[str],
        ProtectedFromScaleIn: bool,
    ) -> Mapping[str, Any]: ...

    def update_auto_scaling_group(
        self,
        *,
        AutoScalingGroupName: str,
        MinSize: int,
        MaxSize: int,
        DesiredCapacity: int,
        NewInstancesProtectedFromScaleIn: bool,
    ) -> object: ...


def look(client: AutoScalingClient, pool: Pool) -> Group | None:
    """The pool's group, None where it is gone."""
    return read_group(client.describe_auto_scaling_groups(AutoScalingGroupNames=[pool.group]))


def let_go(client: AutoScalingClient, pool: Pool, group: Group) -> None:
    """Take the protection off every instance and ask for none.

    The protection goes first: a group that is told to shrink while all of it is protected forgets
    the request. The largest size goes to 0 too, or ECS could scale out again for a task that still
    waits for capacity.
    """
    if group.settled:
        return
    for batch in group.protected_batches:
        client.set_instance_protection(
            AutoScalingGroupName=pool.group, InstanceIds=batch, ProtectedFromScaleIn=False
        )
    client.update_auto_scaling_group(
        AutoScalingGroupName=pool.group,
        MinSize=0,
        MaxSize=0,
        DesiredCapacity=0,
        NewInstancesProtectedFromScaleIn=False,
    )


def is_passing(fault: Exception) -> bool:
    """Whether a later step may succeed where this one met ``fault``, one of `FAULTS`."""
    if isinstance(fault, ClientError):
        return fault.response.get("Error", {}).get("Code") in _PASSING
    return True
