"""A cluster of the embedded AWS as ``inferctl local status`` prints it."""

from __future__ import annotations

from typing import Any

from inferctl.output import console, table
from inferctl.task_definitions import ranges


def print_cluster(cluster: dict[str, Any]) -> None:
    """Instances with the chips that tasks own, services, and what is wrong with them."""
    instances, services = cluster.get("instances", []), cluster.get("services", {})
    tasks, chips = cluster.get("tasks", {}), cluster.get("chips", {})
    console.print(
        f"cluster {cluster.get('name')}  {cluster.get('region')}"
        f"  instances {len(instances)}  tasks {tasks.get('running', 0)}"
        f"  waiting {tasks.get('waiting', 0)}"
        f"  chips owned {chips.get('owned', 0)} of {chips.get('all', 0)}",
        markup=False,
    )
    if instances:
        columns = ("instance", "type", "tasks>", "chips>", "owned")
        console.print(table(columns, [_instance(one) for one in instances]))
    if services:
        rows = [
            (name, f"{one.get('running', 0)}/{one.get('desired', 0)}")
            for name, one in services.items()
        ]
        console.print(table(("service", "tasks>"), rows))
    for name, one in services.items():
        if one.get("blocked"):
            console.print(f"service {name} {one['blocked']}", markup=False)
    for chip in chips.get("owned_twice", []):
        console.print(f"several tasks own {chip}", markup=False)


def _instance(instance: dict[str, Any]) -> tuple[str, ...]:
    count = instance.get("chips", 0)
    owned = ranges(instance.get("owned", []))
    return (
        *(str(instance.get("id")), str(instance.get("type")), str(instance.get("tasks", 0))),
        *(str(count) if count else "-", owned or "-"),
    )
