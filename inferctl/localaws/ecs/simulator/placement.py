"""Which container instance takes a task: requirements, constraints, then strategies.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from .host import Host
from .query import matches
from .task import Task

# the reasons of API failures, those nearest to a fit last
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
_CODES = (
    "MemberOf placement constraint unsatisfied.",
    "distinctInstance placement constraint unsatisfied.",
    "ATTRIBUTE",
    "RESOURCE:CPU",
    "RESOURCE:MEMORY",
    "RESOURCE:PORTS",
    "RESOURCE:ENI",
)
MEMBER_OF, DISTINCT, ATTRIBUTE, CPU, MEMORY, PORTS, ENI = _CODES
_CLOSEST = {
    ATTRIBUTE: "is missing an attribute required by your task",
    CPU: "has insufficient CPU units available",
    MEMORY: "has insufficient memory available",
    PORTS: "is already using a port required by your task",
    ENI: "has no network interface available for your task",
}


@dataclass(frozen=True, kw_only=True)
class PlacementStrategy:
    """``kind`` is ``binpack``, ``spread`` or ``random``."""

    kind: str
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why no container instance takes a task; ``host_id`` is the one that nearly did."""

    reason: str
    host_id: str | None = None

    @property
    def message(self) -> str:
        """As service events say it.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
        """
        if self.reason in _CLOSEST:
            return f"The closest matching (container-instance {self.host_id}) {self.text}."
        return f"Reason: {self.reason.rstrip('.')}."

    @property
    def text(self) -> str:
        """What the nearest instance lacks."""
        return _CLOSEST.get(self.reason, self.reason)


def why_not(host: Host, task: Task) -> str | None:
    """The reason for which ``host`` cannot take ``task``, None when it can."""
    spec = task.spec
    if not satisfies(host, (*spec.expressions, *task.expressions)):
        return MEMBER_OF
    # the desired status counts: a task that stops does not keep its group from the instance
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html
    if task.distinct and any(
        other.group == task.group and other.alive for other in host.tasks.values()
    ):
        return DISTINCT
    if spec.all_neuron_devices and not _neuron_is_free(host):
        return ATTRIBUTE
    return missing_resource(host, task)


def satisfies(host: Host, expressions: Sequence[str]) -> bool:
    """Whether ``host`` is a member of what all the expressions select."""
    return all(matches(expression, host.subject) for expression in expressions)


def missing_resource(host: Host, task: Task) -> str | None:
    """The resource of which ``host`` has too little for ``task``, whatever constraints say."""
    spec = task.spec
    if spec.cpu > host.free_cpu:
        return CPU
    if spec.memory_mib > host.free_memory_mib:
        return MEMORY
    if spec.awsvpc:
        return ENI if host.used_interfaces >= host.interfaces else None
    if not all(
        host.port_is_free(one.host_port, one.protocol) for one in spec.ports if one.host_port
    ):
        return PORTS
    return None


def _neuron_is_free(host: Host) -> bool:
    """``NeuronDevice=ALL`` is for managed instances, one task on each."""
    exclusive = any(task.spec.all_neuron_devices for task in host.tasks.values())
    return host.managed and bool(host.type.devices) and not exclusive


def candidates(hosts: Iterable[Host], task: Task) -> tuple[list[Host], dict[Host, str]]:
    """The hosts that can take ``task``, and why each of the others cannot."""
    able: list[Host] = []
    refused: dict[Host, str] = {}
    for host in hosts:
        if host.draining or (task.provider is not None and host.provider != task.provider):
            continue
        reason = why_not(host, task)
        if reason is None:
            able.append(host)
        else:
            refused[host] = reason
    return able, refused


def refusal(refused: dict[Host, str], task: Task) -> Refusal:
    """What is said of a task that nobody takes."""
    if not refused:
        where = "capacity provider" if task.provider is not None else "cluster"
        return Refusal(reason=f"No Container Instances were found in your {where}.")
    host = max(refused, key=lambda one: _CODES.index(refused[one]))
    return Refusal(reason=refused[host], host_id=host.id)


def choose(able: Sequence[Host], task: Task, random: Random) -> Host:
    """One of the hosts that can take ``task``, by its strategies in their order.

    Where they leave several, the one with the fewest tasks of the group: AWS does not say which.
    """
    left = list(able)
    for strategy in task.strategy:
        if strategy.kind == "random":
            return random.choice(left)
        if strategy.kind == "binpack":
            left = _least(left, [_free(host, strategy.field) for host in left])
        else:
            counts = _spread(left, task, strategy.field)
            left = _least(left, counts)
    return min(left, key=lambda host: _group_size(host, task))


def _free(host: Host, field: str) -> int:
    return host.free_cpu if field.lower() == "cpu" else host.free_memory_mib


def _spread(hosts: Sequence[Host], task: Task, field: str) -> list[int]:
    """For each host, the tasks of the same group on all hosts that share the field's value."""
    values = [_field(host, field) for host in hosts]
    counts = dict.fromkeys(values, 0)
    for host, value in zip(hosts, values, strict=True):
        counts[value] += _group_size(host, task)
    return [counts[value] for value in values]


def _group_size(host: Host, task: Task) -> int:
    return sum(other.group == task.group and other.alive for other in host.tasks.values())


def _field(host: Host, field: str) -> str:
    name = field.removeprefix("attribute:")
    return host.id if field in ("instanceId", "host") else host.attributes.get(name, "")


def _least(hosts: Sequence[Host], amounts: Sequence[int]) -> list[Host]:
    least = min(amounts)
    return [host for host, amount in zip(hosts, amounts, strict=True) if amount == least]
