"""Task definitions: what ECS checks, what it adds, and what placement needs of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from .errors import client_error, invalid
from .simulator import PortMapping, QueryError, TaskSpec, parse

# container label that makes tasks of a definition end as soon as they start; its value says why
FAILS_LABEL = "localaws.fails"
_NEURON_DEVICE = "NeuronDevice"
_ENDED = ("COMPLETE", "SUCCESS")
_NEURON_PATH = "/dev/neuron"
_LISTS = ("portMappings", "environment", "mountPoints", "volumesFrom", "systemControls")
Body = Mapping[str, Any]


def check(body: Body) -> None:
    """Raises what RegisterTaskDefinition answers for a body that is well formed but wrong."""
    containers = body["containerDefinitions"]
    if not containers:
        raise client_error("Container list cannot be empty.")
    for container in containers:
        _check_container(container, body)
    names = Counter(container["name"] for container in containers)
    for name, number in names.items():
        if number > 1:
            raise client_error(f"Container.name contains a duplicate value: {name!r}.")
    if not any(container.get("essential", True) for container in containers):
        raise client_error("At least one essential container is required.")
    ports = Counter((one.host_port, one.protocol) for one in _ports(body) if one.host_port)
    for (port, _), number in ports.items():
        if number > 1:
            raise client_error(f"The task definition maps the host port {port} more than once.")
    _check_dependencies(body)
    _check_volumes(body)
    _check_neuron(body)
    check_expressions(body.get("placementConstraints", []))


def check_expressions(constraints: list[Mapping[str, Any]]) -> None:
    """Raises for placement constraints that are not of the cluster query language."""
    for constraint in constraints:
        kind, expression = constraint.get("type"), constraint.get("expression", "")
        if kind == "distinctInstance" and expression:
            raise invalid("An expression cannot be specified with distinctInstance.")
        if kind == "memberOf":
            try:
                parse(expression)
            except QueryError as error:
                raise invalid(str(error)) from error


def completed(body: Body) -> dict[str, Any]:
    """The body with what ECS adds when it is read back."""
    containers = [_completed(container, body) for container in body["containerDefinitions"]]
    kinds = body.get("requiresCompatibilities", ["EC2"])
    given = {name: value for name, value in body.items() if name != "tags"}
    network = {} if "FARGATE" in kinds else {"networkMode": "bridge"}
    extra = {"volumes": [], "placementConstraints": [], "compatibilities": list(kinds), **network}
    return {**extra, **given, "containerDefinitions": containers}


def task_spec(arn: str, body: Body) -> TaskSpec:
    """What placement needs of the definition ``arn``."""
    containers = body["containerDefinitions"]
    cpu = sum(container.get("cpu", 0) for container in containers)
    memory = sum(
        container.get("memoryReservation", container.get("memory", 0)) for container in containers
    )
    return TaskSpec(
        arn=arn,
        family=body["family"],
        cpu=_amount(body["cpu"], "vcpu") if body.get("cpu") else cpu,
        memory_mib=_amount(body["memory"], "gb") if body.get("memory") else memory,
        ports=() if body.get("networkMode") == "awsvpc" else tuple(_ports(body)),
        awsvpc=body.get("networkMode") == "awsvpc",
        devices=tuple(path for container in containers for path in _devices(container)),
        all_neuron_devices=any(_asks_for_neuron(container) for container in containers),
        expressions=tuple(item["expression"] for item in body.get("placementConstraints", [])),
        fails=next(
            (
                container["dockerLabels"][FAILS_LABEL]
                for container in containers
                if FAILS_LABEL in container.get("dockerLabels", {})
            ),
            None,
        ),
    )


def _amount(text: str, unit: str) -> int:
    """``1024``, ``1 vCPU`` or ``2 GB`` in CPU units or MiB."""
    number = text.lower().replace(unit, "").strip()
    try:
        return round(float(number) * 1024) if unit in text.lower() else int(number)
    except ValueError as error:
        raise client_error(f"Invalid 'cpu' or 'memory' setting for task: {text!r}.") from error


def _check_container(container: Body, body: Body) -> None:
    name = container.get("name")
    if not name:
        raise client_error("Container.name should not be null or empty.")
    if not container.get("image"):
        raise client_error("Container.image should not be null or empty.")
    hard, soft = container.get("memory"), container.get("memoryReservation")
    if hard is None and soft is None and not body.get("memory"):
        raise client_error(
            f"Invalid setting for container '{name}'. At least one of 'memory' or"
            " 'memoryReservation' must be specified."
        )
    if hard is not None and soft is not None and soft > hard:
        raise client_error(
            f"Invalid setting for container '{name}'. 'memory' must be greater than or equal to"
            " 'memoryReservation'."
        )
    if body.get("networkMode") in ("host", "awsvpc"):
        for mapping in container.get("portMappings", []):
            if mapping.get("hostPort") not in (None, 0, mapping.get("containerPort")):
                raise client_error(
                    f"When networkMode={body['networkMode']}, the host ports and container ports"
                    " in port mappings must match."
                )


def _check_dependencies(body: Body) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html"""
    containers = {one["name"]: one for one in body["containerDefinitions"]}
    waits = {
        name: {item["containerName"]: item["condition"] for item in one.get("dependsOn", [])}
        for name, one in containers.items()
    }
    for name, conditions in waits.items():
        for other, condition in conditions.items():
            if other not in containers:
                raise client_error(
                    f"Container {name!r} depends on {other!r}, which does not exist."
                )
            if condition in _ENDED and containers[other].get("essential", True):
                raise client_error(
                    f"Container {name!r} waits for {condition} of the essential {other!r}."
                )
            if condition == "HEALTHY" and "healthCheck" not in containers[other]:
                raise client_error(f"Container {other!r} has no health check to wait for.")
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        raise client_error(f"Container dependencies form a cycle: {error.args[1]}.") from error


def _check_volumes(body: Body) -> None:
    known = {volume["name"] for volume in body.get("volumes", [])}
    for container in body["containerDefinitions"]:
        for mount in container.get("mountPoints", []):
            if mount["sourceVolume"] not in known:
                raise client_error(f"Unknown volume {mount['sourceVolume']!r}.")


def _check_neuron(body: Body) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-inference.html"""
    requirements = [
        item
        for container in body["containerDefinitions"]
        for item in container.get("resourceRequirements", [])
        if item["type"] == _NEURON_DEVICE
    ]
    if not requirements:
        return
    if len(requirements) > 1:
        raise client_error("At most one container of a task may require NeuronDevice.")
    if requirements[0].get("value") != "ALL":
        raise client_error("The value of the resource requirement NeuronDevice must be ALL.")
    if any(
        path.startswith(_NEURON_PATH)
        for container in body["containerDefinitions"]
        for path in _devices(container)
    ):
        raise client_error("NeuronDevice cannot be combined with Neuron devices.")


def _completed(container: Body, body: Body) -> dict[str, Any]:
    given = {
        "cpu": 0,
        "essential": True,
        **{name: [] for name in _LISTS},
        **container,
    }
    given["portMappings"] = [
        {"protocol": "tcp", "hostPort": _host_port(mapping, body), **mapping}
        for mapping in given["portMappings"]
    ]
    return given


def _host_port(mapping: Body, body: Body) -> int:
    bridge = body.get("networkMode", "bridge") == "bridge"
    port: int = 0 if bridge else mapping["containerPort"]
    return port


def _ports(body: Body) -> Iterator[PortMapping]:
    if body.get("networkMode") == "none":
        return
    for container in body["containerDefinitions"]:
        for mapping in container.get("portMappings", []):
            if "containerPort" in mapping:
                yield PortMapping(
                    container=container["name"],
                    container_port=mapping["containerPort"],
                    host_port=mapping.get("hostPort") or _host_port(mapping, body),
                    protocol=mapping.get("protocol", "tcp"),
                )


def _devices(container: Body) -> list[str]:
    parameters = container.get("linuxParameters", {})
    return [device["hostPath"] for device in parameters.get("devices", [])]


def _asks_for_neuron(container: Body) -> bool:
    requirements = container.get("resourceRequirements", [])
    return any(item["type"] == _NEURON_DEVICE for item in requirements)
