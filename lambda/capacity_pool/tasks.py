"""One-off tasks that wait for a host of the pool, and so hold its capacity provider.

A task that runs ends with its host; one that was never placed waits for ever.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NotRequired, Protocol, TypedDict, Unpack

from botocore.exceptions import ClientError

from capacity_pool.pool import Pool

# DescribeTasks takes as many, and ListTasks gives no more.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
_BATCH: Final = 100
_WAITING: Final = "PROVISIONING"
_REASON: Final = "The capacity pool that it waits for is being deleted"


class ListTasksRequest(TypedDict):
    """Of one cluster, a page at a time."""

    cluster: str
    maxResults: int
    nextToken: NotRequired[str]


class EcsClient(Protocol):
    """The calls of boto3's ECS client that stopping tasks makes."""

    def list_tasks(self, **request: Unpack[ListTasksRequest]) -> Mapping[str, Any]: ...

    def describe_tasks(self, *, cluster: str, tasks: Sequence[str]) -> Mapping[str, Any]: ...

    def stop_task(self, *, cluster: str, task: str, reason: str) -> Mapping[str, Any]: ...


def stop_waiting(client: EcsClient, pool: Pool) -> int:
    """Stop the tasks that wait for the pool, those of one page in one call; how many that were."""
    if pool.provider is None:
        return 0
    try:
        for page in _pages(client, pool):
            waiting = _waiting(client, pool, page)
            for task in waiting:
                client.stop_task(cluster=pool.cluster, task=task, reason=_REASON)
            if waiting:
                return len(waiting)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ClusterNotFoundException":
            raise
    return 0


def _pages(client: EcsClient, pool: Pool) -> Iterator[Sequence[str]]:
    """ARNs of the cluster's tasks that are not asked to stop."""
    request = ListTasksRequest(cluster=pool.cluster, maxResults=_BATCH)
    while True:
        answer = client.list_tasks(**request)
        if answer["taskArns"]:
            yield answer["taskArns"]
        if not answer.get("nextToken"):
            return
        request["nextToken"] = answer["nextToken"]


def _waiting(client: EcsClient, pool: Pool, arns: Sequence[str]) -> list[str]:
    described = client.describe_tasks(cluster=pool.cluster, tasks=arns)
    return [
        task["taskArn"]
        for task in described["tasks"]
        if task.get("capacityProviderName") == pool.provider and task["lastStatus"] == _WAITING
    ]
