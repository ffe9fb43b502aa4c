"""A cluster for people to look at: its instances with their chips, its services and tasks."""

from __future__ import annotations

from typing import Any

from .simulator import Fleet, Host, owns
from .store import Cluster


def cluster_status(region: str, cluster: Cluster) -> dict[str, Any]:
    """JSON values; ``owned`` are chips of an instance that a task has, by their indices."""
    fleet = cluster.fleet
    owners = fleet.chip_owners()
    return {
        "name": cluster.name,
        "region": region,
        "instances": [_instance(host) for host in fleet.hosts.values()],
        "services": {
            one.name: {
                "desired": one.desired,
                "running": sum(task.running for task in fleet.of_group(one.group)),
                "blocked": one.blocked,
            }
            for one in cluster.states
        },
        "tasks": {
            "running": sum(task.status == "RUNNING" for task in fleet.tasks.values()),
            "waiting": len(fleet.waiting),
        },
        "chips": {
            "all": len(owners),
            "owned": sum(bool(tasks) for tasks in owners.values()),
            "owned_twice": _owned_twice(fleet),
        },
    }


def _instance(host: Host) -> dict[str, Any]:
    tasks = host.tasks.values()
    return {
        "id": host.instance_id,
        "type": host.type.name,
        "tasks": len(tasks),
        "chips": len(host.type.devices),
        "owned": [
            chip
            for chip, device in enumerate(host.type.devices)
            if any(owns(task.spec, device) for task in tasks)
        ],
    }


def _owned_twice(fleet: Fleet) -> list[str]:
    return [f"{host} {device}" for host, device in fleet.double_owned()]
