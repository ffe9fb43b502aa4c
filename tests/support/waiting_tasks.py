"""The tasks of one ECS cluster, as the handlers of a capacity pool see and stop them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Unpack

from botocore.exceptions import ClientError

from capacity_pool.tasks import ListTasksRequest

PROVIDER = "inf2-provider"


@dataclass
class FakeTask:
    status: str = "PROVISIONING"
    provider: str | None = PROVIDER


@dataclass
class FakeTasks:
    """``errors``: raised by the next calls of that name, in order. A stopped task is gone."""

    tasks: dict[str, FakeTask] = field(default_factory=dict[str, FakeTask])
    errors: dict[str, list[Exception]] = field(default_factory=dict[str, list[Exception]])
    calls: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])

    def named(self, call: str) -> list[Any]:
        return [detail for name, detail in self.calls if name == call]

    def list_tasks(self, **request: Unpack[ListTasksRequest]) -> Mapping[str, Any]:
        self._enter("ListTasks", request["cluster"])
        start, size = int(request.get("nextToken", "0")), request["maxResults"]
        arns = [*self.tasks]
        answer: dict[str, Any] = {"taskArns": arns[start : start + size]}
        if start + size < len(arns):
            answer["nextToken"] = str(start + size)
        return answer

    def describe_tasks(self, *, cluster: str, tasks: Sequence[str]) -> Mapping[str, Any]:
        self._enter("DescribeTasks", cluster)
        if not 1 <= len(tasks) <= 100:
            raise ClientError(
                {"Error": {"Code": "InvalidParameterException", "Message": "1 to 100 tasks"}},
                "DescribeTasks",
            )
        described: list[dict[str, str]] = []
        for arn in tasks:
            if arn in self.tasks:
                task = self.tasks[arn]
                view = {"taskArn": arn, "lastStatus": task.status}
                if task.provider is not None:
                    view["capacityProviderName"] = task.provider
                described.append(view)
        return {"tasks": described}

    def stop_task(self, *, cluster: str, task: str, reason: str) -> Mapping[str, Any]:
        assert cluster == "fleet"
        assert reason
        self._enter("StopTask", task)
        del self.tasks[task]
        return {}

    def _enter(self, call: str, detail: Any) -> None:
        self.calls.append((call, detail))
        waiting = self.errors.get(call)
        if waiting:
            raise waiting.pop(0)
