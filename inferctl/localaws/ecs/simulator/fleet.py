"""The container instances of one cluster, the tasks on them, and who owns which chip."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any

from .host import Host
from .placement import candidates, choose, refusal
from .task import Task, TaskSpec

_NEURON = "/dev/neuron"
_KEPT_STOPPED = 1000
Chip = tuple[str, str]
"""An EC2 instance's id and the path of a device on it."""


class Fleet:
    """Hosts and tasks in the order in which they came; the latter until long after they stopped."""

    def __init__(
        self,
        *,
        new_id: Callable[[], str] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        numbers = count(1)
        self.new_id = new_id or (lambda: f"{next(numbers):032x}")
        self.now = now
        self.hosts: dict[str, Host] = {}
        self.tasks: dict[str, Task] = {}
        self._alive: dict[str, dict[str, Task]] = {}
        self._stopping: dict[str, Task] = {}
        self._stopped: deque[Task] = deque()
        # a run with the same calls must place tasks alike
        self._random = Random(0)

    def add_host(self, host: Host) -> None:
        """Register a container instance."""
        self.hosts[host.id] = host

    def remove_host(self, host_id: str) -> None:
        """Lose a container instance and stop all that ran there."""
        host = self.hosts.pop(host_id)
        for task in list(host.tasks.values()):
            reason = f"Host EC2 (instance {host.instance_id}) terminated."
            self.stop(task, code="TerminationNotice", reason=reason)
            self._finish(task)

    def add_task(self, spec: TaskSpec, group: str, **details: Any) -> Task:
        """A task that waits for a host; ``details`` are fields of `Task`."""
        return self.enter(
            Task(id=self.new_id(), spec=spec, group=group, created=self.now(), **details)
        )

    def enter(self, task: Task) -> Task:
        """Take up a task that was made elsewhere."""
        self.tasks[task.id] = task
        self._alive.setdefault(task.group, {})[task.id] = task
        return task

    def place(self, task: Task) -> bool:
        """Run a waiting task where its strategies say, or note why it cannot be placed."""
        able, refused = candidates(self.hosts.values(), task)
        if not able:
            task.refusal = refusal(refused, task)
            return False
        self.place_on(choose(able, task, self._random), task)
        return True

    def place_on(self, host: Host, task: Task) -> None:
        """Run ``task`` on ``host``, which can take it; it ends at once if it cannot start."""
        host.admit(task)
        task.refusal = None
        task.status, task.started = "RUNNING", self.now()
        failure = task.spec.fails or _missing_device(host, task.spec)
        if failure is not None:
            self.stop(task, code="TaskFailedToStart", reason=failure)
            self._finish(task)

    def refusals(self, task: Task) -> dict[Host, str]:
        """Why each container instance refuses ``task``."""
        return candidates(self.hosts.values(), task)[1]

    def forget(self, task: Task) -> None:
        """Drop a task that was never placed, or stopped long ago."""
        del self.tasks[task.id]
        self._alive.get(task.group, {}).pop(task.id, None)

    def stop(self, task: Task, *, code: str, reason: str) -> None:
        """Ask ``task`` to stop; it keeps chips, memory and ports until it has."""
        if not task.alive:
            return
        task.desired, task.stop_code, task.stopped_reason = "STOPPED", code, reason
        task.stopping, task.status = self.now(), "STOPPING"
        del self._alive[task.group][task.id]
        self._stopping[task.id] = task
        if task.host is None:
            self._finish(task)

    def finish_stopping(self) -> bool:
        """Let every task that stops have stopped; whether there was one."""
        stopping = list(self._stopping.values())
        for task in stopping:
            self._finish(task)
        return bool(stopping)

    def _finish(self, task: Task) -> None:
        task.status, task.stopped = "STOPPED", self.now()
        self._stopping.pop(task.id, None)
        if task.host is not None:
            task.host.release(task)
        # AWS shows stopped tasks for an hour
        self._stopped.append(task)
        if len(self._stopped) > _KEPT_STOPPED:
            self.forget(self._stopped.popleft())

    def of_group(self, group: str) -> list[Task]:
        """The tasks of a group that are meant to run, oldest first."""
        return list(self._alive.get(group, {}).values())

    @property
    def waiting(self) -> list[Task]:
        """All tasks that look for a host, oldest first."""
        return [task for tasks in self._alive.values() for task in tasks.values() if task.waiting]

    def chip_owners(self) -> Mapping[Chip, tuple[Task, ...]]:
        """Owners of every chip of every host, none for a chip that is free."""
        owners: dict[Chip, tuple[Task, ...]] = {}
        for host in self.hosts.values():
            for device in host.type.devices:
                owners[host.instance_id, device] = tuple(
                    task for task in host.tasks.values() if owns(task.spec, device)
                )
        return owners

    def double_owned(self) -> Mapping[Chip, tuple[Task, ...]]:
        """The chips that several tasks own: the runtime of all but the first will fail."""
        return {chip: tasks for chip, tasks in self.chip_owners().items() if len(tasks) > 1}


def owns(spec: TaskSpec, device: str) -> bool:
    """Whether tasks of ``spec`` own ``device`` of the host they run on."""
    return spec.all_neuron_devices or device in spec.devices


def _missing_device(host: Host, spec: TaskSpec) -> str | None:
    """Docker starts no container with a device that the host lacks."""
    for device in spec.devices:
        if device.startswith(_NEURON) and device not in host.type.devices:
            return (
                "CannotStartContainerError: Error response from daemon: error gathering device"
                f' information while adding custom device "{device}": no such file or directory'
            )
    return None
