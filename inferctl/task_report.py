"""What became of the tasks of one call of RunTask, as a table and a sentence for each failure."""

from __future__ import annotations

from collections.abc import Mapping

from inferctl.output import console, errors, table
from inferctl.placement_failures import advice
from inferctl.task_definitions import DefinitionView, ranges
from inferctl.task_run import StartedTasks, Task, TaskRequest, task_problem

Hosts = Mapping[str, tuple[str, str]]
_COLUMNS = ("task", "host", "instance type", "chips", "status", "exit")


def report(
    started: StartedTasks, hosts: Hosts, definition: DefinitionView, request: TaskRequest
) -> bool:
    """Print all of it; True where every task started and none failed."""
    if started.tasks:
        console.print(table(_COLUMNS, [_row(task, hosts, definition) for task in started.tasks]))
    for reason, count in started.refused.items():
        times = f" ({count} times)" if count > 1 else ""
        errors.print(f"not started: {reason}{times}", markup=False)
        _advise(reason, definition, request)
    problems = {_id(task): problem for task in started.tasks if (problem := task_problem(task))}
    for task in started.tasks:
        if _id(task) not in problems:
            continue
        errors.print(f"task {_id(task)}: {problems[_id(task)]}", markup=False)
        if "containerInstanceArn" not in task:
            _advise(task.get("stoppedReason", ""), definition, request)
    return not started.refused and not problems


def _advise(reason: str, definition: DefinitionView, request: TaskRequest) -> None:
    said = advice(reason, definition, instance_type=request.instance_type)
    errors.print(f"  {said}", markup=False)


def _row(task: Task, hosts: Hosts, definition: DefinitionView) -> tuple[str, ...]:
    containers = task.get("containers", [])
    host, instance_type = hosts.get(task.get("containerInstanceArn", ""), ("-", "-"))
    given = [device for one in containers for device in one.get("neuronDeviceIds", [])]
    chips = ", ".join(given) or ("all" if definition.all_devices else ranges(definition.chips))
    codes = ", ".join(str(one.get("exitCode", "-")) for one in containers)
    stopped = task["lastStatus"] == "STOPPED"
    return (
        *(_id(task), host, instance_type, chips or "-", str(task["lastStatus"])),
        codes if stopped and codes else "-",
    )


def _id(task: Task) -> str:
    return str(task["taskArn"]).rpartition("/")[2]
