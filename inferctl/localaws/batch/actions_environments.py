"""Compute environments: created, described, updated, deleted."""

from __future__ import annotations

from typing import Any

from .capacity import Machines, unknown_types
from .errors import not_emulated, refused
from .pages import page
from .scheduler import Scheduler
from .store import ComputeEnvironment, Region
from .surroundings import problem_of
from .views import environment_view, service_role

Call = dict[str, Any]

_KINDS = ("EC2", "SPOT")
_REFUSED = ("unmanagedvCpus", "eksConfiguration", "ecsSettings")
_DEFAULTS = {"minvCpus": 0, "allocationStrategy": "BEST_FIT", "instanceTypes": ["optimal"]}
# docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html
_DEFAULT_UPDATES = {"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 30}


class EnvironmentActions:
    """Actions on the compute environments of one region."""

    def __init__(self, region: Region, scheduler: Scheduler, machines: Machines) -> None:
        self._region = region
        self._scheduler = scheduler
        self._machines = machines

    def create_compute_environment(self, call: Call) -> Call:
        """A managed one on EC2; it is INVALID when what it names is not there."""
        region, name = self._region, call["computeEnvironmentName"]
        if call["type"] != "MANAGED":
            raise not_emulated("batch compute environments of type UNMANAGED")
        _refuse_others(call)
        if name in region.environments:
            raise refused(f"Object already exists: {name}")
        resources = {**_DEFAULTS, **call.get("computeResources", {})}
        self._check(resources)
        environment = ComputeEnvironment(
            name=name,
            arn=region.arn(f"compute-environment/{name}"),
            resources=resources,
            settings={
                "serviceRole": call.get("serviceRole", service_role(region.name)),
                "updatePolicy": _DEFAULT_UPDATES,
                "context": call.get("context"),
            },
            state=call.get("state", "ENABLED"),
            problem=problem_of(resources, region.name),
        )
        region.environments[name] = environment
        region.tags[environment.arn] = dict(call.get("tags", {}))
        return _answer(environment)

    def describe_compute_environments(self, call: Call) -> Call:
        """All of them, or those that are named and exist."""
        region = self._region
        wanted = call.get("computeEnvironments")
        names = None if wanted is None else {one.rpartition("/")[2] for one in wanted}
        found = [
            environment_view(region, one, vcpus_in_use=self._scheduler.vcpus_in_use(one))
            for one in region.environments.values()
            if names is None or one.name in names
        ]
        return page(call, "computeEnvironments", found)

    def update_compute_environment(self, call: Call) -> Call:
        """Change what is given."""
        region = self._region
        environment = region.environment(call["computeEnvironment"])
        _refuse_others(call)
        changes = dict(call.get("computeResources", {}))
        changes.pop("updateToLatestImageVersion", None)
        resources = {**environment.resources, **changes}
        self._check(resources)
        environment.resources = resources
        environment.problem = problem_of(resources, region.name)
        environment.state = call.get("state", environment.state)
        for name in ("serviceRole", "updatePolicy", "context"):
            if name in call:
                environment.settings[name] = call[name]
        self._scheduler.settle(region)
        return _answer(environment)

    def delete_compute_environment(self, call: Call) -> Call:
        """Only when it is disabled and no queue uses it."""
        region = self._region
        environment = region.environment(call["computeEnvironment"])
        if environment.state != "DISABLED":
            raise refused("Cannot delete, state must be DISABLED")
        if any(environment.arn in queue.environments for queue in region.queues.values()):
            raise refused("Cannot delete, found existing JobQueue relationship")
        del region.environments[environment.name]
        region.tags.pop(environment.arn, None)
        return {}

    def _check(self, resources: Call) -> None:
        kind = resources.get("type")
        if kind not in _KINDS:
            raise not_emulated(f"batch compute environments on {kind}")
        problems = [
            f"computeResources.{name} is required"
            for name in ("instanceRole", "subnets")
            if not resources.get(name)
        ]
        if not resources.get("securityGroupIds") and "launchTemplate" not in resources:
            problems.append("securityGroupIds or a launch template that has them is required")
        spot = resources["allocationStrategy"].startswith("SPOT")
        if spot and kind != "SPOT":
            problems.append(f"{resources['allocationStrategy']} is for SPOT, type is {kind}")
        if resources["minvCpus"] > resources["maxvCpus"]:
            problems.append("minvCpus must not be larger than maxvCpus")
        problems += unknown_types(resources["instanceTypes"], self._region.name, self._machines)
        if problems:
            raise refused("; ".join(problems))


def _refuse_others(call: Call) -> None:
    for name in _REFUSED:
        if name in call:
            raise not_emulated(f"batch compute environments with {name}")
    for name in ("scalingPolicy", "managedInstancesProvider", "capacityTags"):
        if name in call.get("computeResources", {}):
            raise not_emulated(f"batch compute resources with {name}")


def _answer(environment: ComputeEnvironment) -> Call:
    return {
        "computeEnvironmentName": environment.name,
        "computeEnvironmentArn": environment.arn,
    }
