"""Why ECS did not place a task, and what to do about it."""

from __future__ import annotations

from fleet_packing import LOCK_PORT_BASE
from inferctl.task_definitions import DefinitionView, ranges

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
_SENTENCES = {
    "AGENT": "the host's ECS agent is disconnected; look at the host, or replace it",
    "LOCATION": "the task's subnets are in other Availability Zones than the host",
    "INACTIVE": "the host or cluster is being removed; run the task on another one",
    "MISSING": "ECS does not know that name in this region; check cluster and region",
    "EMPTY CAPACITY PROVIDER": (
        "the pool got no host that the task fits on; compare the task's CPU and memory with the"
        " instance type, and look at the Auto Scaling group's activity and your EC2 quota"
    ),
    "NO ACTIVE INSTANCES": "the pool has no active host; raise its min_instances or wait for one",
    "RESOURCE:CPU": "every host that fits has too little CPU left; wait, or add a host to the pool",
    "RESOURCE:MEMORY": (
        "every host that fits has too little memory left; wait, or add a host to the pool"
    ),
    "RESOURCE:GPU": "every GPU in reach is taken; wait, or add a host to the pool",
    "RESOURCE:ENI": (
        "the host has no network interface left for another awsvpc task; use bridge networking or"
        " turn ENI trunking on"
    ),
}


def advice(reason: str, definition: DefinitionView, *, instance_type: str | None) -> str:
    """One sentence for a ``reason`` as ECS gives it, in a failure or as a task's stopped reason."""
    plain = reason.removeprefix("TaskFailedToStart:").strip().rstrip(".")
    if plain == "RESOURCE:PORTS":
        return _ports(definition)
    if plain.lower().startswith("memberof placement constraint"):
        return _constraint(definition, instance_type)
    if plain == "ATTRIBUTE" or plain.startswith("ATTRIBUTE:"):
        return (
            "the host lacks something that the task definition asks for, such as a log driver or"
            " a capability; use the ECS-optimized image that belongs to the instance type"
        )
    if plain == "No Container Instances were found in your capacity provider":
        return _SENTENCES["EMPTY CAPACITY PROVIDER"]
    if plain.startswith("No Container Instances were found"):
        return (
            "the cluster has no host, and without a capacity provider ECS starts none; raise"
            " min_instances of the pool, or name its capacity provider"
        )
    if plain in _SENTENCES:
        return _SENTENCES[plain]
    if plain.startswith("RESOURCE:"):
        return "every host that fits is short of it; wait, or add a host to the pool"
    return "see docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html"


def _ports(definition: DefinitionView) -> str:
    """A lock port stands for a chip, as ECS itself does not schedule chips."""
    locks = {LOCK_PORT_BASE + chip: chip for chip in definition.chips}
    chips = [chip for port, chip in locks.items() if port in definition.host_ports]
    others = [port for port in definition.host_ports if port not in locks]
    taken = []
    if chips:
        ports = _counted("port", [LOCK_PORT_BASE + chip for chip in chips])
        owned = f"{_counted('chip', chips)} of every host in reach {_is(chips)} owned"
        taken.append(f"{owned} by another task, which holds host {ports}")
    if others:
        taken.append(f"another task holds host {_counted('port', others)}")
    why = ", or ".join(taken) or "a host port is taken"
    return f"{why}; wait until that task stops, or add a host to the pool"


def _counted(noun: str, numbers: list[int]) -> str:
    return f"{noun}{'' if len(numbers) == 1 else 's'} {ranges(numbers)}"


def _is(numbers: list[int]) -> str:
    return "is" if len(numbers) == 1 else "are"


def _constraint(definition: DefinitionView, instance_type: str | None) -> str:
    wanted = [*definition.instance_types, *([instance_type] if instance_type else [])]
    types = " and ".join(dict.fromkeys(wanted))
    if not types:
        return "no host meets the task definition's placement constraints"
    return f"the cluster has no active host of type {types}; add one to its pool"
