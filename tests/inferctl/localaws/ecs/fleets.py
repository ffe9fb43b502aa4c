"""Fleets of the simulator, with tasks that are defined as the API defines them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accelerator_catalog import EC2_INSTANCES
from fleet_packing import ChipSlot, host_budget
from inferctl.localaws.ecs.definitions import check, task_spec
from inferctl.localaws.ecs.service_settings import configure
from inferctl.localaws.ecs.simulator import (
    Fleet,
    Host,
    HostType,
    ServiceState,
    TaskSpec,
    begin,
    standard_attributes,
)

DISTINCT = [{"type": "distinctInstance"}]


def add_host(fleet: Fleet, size: str, *, zone: str = "a", **details: Any) -> Host:
    kind = HostType.of(EC2_INSTANCES[size])
    identifier = fleet.new_id()
    host = Host(
        id=identifier,
        instance_id=f"i-{identifier}",
        type=kind,
        zone=zone,
        registered=fleet.now(),
        **{
            "interfaces": kind.task_interfaces(trunking=False),
            "attributes": standard_attributes(kind, zone=zone),
            **details,
        },
    )
    fleet.add_host(host)
    return host


def spec(family: str = "web", **container: Any) -> TaskSpec:
    """A definition of one container; ``task`` are members of the definition itself."""
    task = container.pop("task", {})
    if "memory" not in container:
        container = {"memoryReservation": 256, **container}
    body = {
        "family": family,
        "containerDefinitions": [{"name": "main", "image": "i", **container}],
        **task,
    }
    check(body)
    return task_spec(f"arn:{family}:1", body)


def devices(paths: Sequence[str]) -> dict[str, Any]:
    return {"devices": [{"hostPath": path, "containerPath": path} for path in paths]}


def on_type(size: str) -> list[dict[str, str]]:
    return [{"type": "memberOf", "expression": f"attribute:ecs.instance-type == {size}"}]


def slot_spec(slot: ChipSlot, *, locks: bool = True) -> TaskSpec:
    """The tasks of one chip slot: devices, a lock port per chip, their share of the host."""
    share = host_budget(slot.instance).share(chips=slot.chip_count, of=slot.instance.chips)
    ports = [{"containerPort": port, "hostPort": port} for port in slot.lock_ports if locks]
    return spec(
        f"{slot.instance.name}-{slot.first_chip}".replace(".", "-"),
        cpu=share.cpu_units,
        memoryReservation=share.memory_mib,
        portMappings=[{"containerPort": 8500}, *ports],
        linuxParameters=devices(slot.devices),
        task={"placementConstraints": on_type(slot.instance.name)},
    )


def service(
    fleet: Fleet, name: str, definition: TaskSpec, desired: int = 1, **settings: Any
) -> ServiceState:
    daemon = settings.pop("daemon", False)
    state = ServiceState(name=name, desired=desired, daemon=daemon)
    configure(state, settings)
    begin(fleet, state, definition, {})
    return state


def percents(minimum: int, maximum: int) -> dict[str, int]:
    return {"minimumHealthyPercent": minimum, "maximumPercent": maximum}
