"""Whether the machines of a compute environment are large enough for a job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from botocore.exceptions import ClientError

from inferctl.localaws import clients
from inferctl.localaws.ecs.simulator import registered_memory_mib

from .jobs import Job
from .store import ComputeEnvironment

# docs.aws.amazon.com/batch/latest/userguide/create-compute-environment.html
_OPTIMAL = ("m4", "c4", "r4")


@dataclass(frozen=True)
class Machine:
    """What an instance type offers to containers."""

    vcpus: int
    memory_mib: int
    gpus: int


class Machines(Protocol):
    """Instance types by name or family; raises LookupError for unknown ones."""

    def __call__(self, name: str, region: str) -> Sequence[Machine]: ...


@lru_cache(maxsize=128)
def machines(name: str, region: str) -> tuple[Machine, ...]:
    """The instance type, or those of the family, that ``name`` means."""
    if name == "optimal":
        return tuple(one for family in _OPTIMAL for one in machines(family, region))
    pattern = name if "." in name else f"{name}.*"
    filters = [{"Name": "instance-type", "Values": [pattern]}]
    ec2 = clients.client("ec2", region)
    try:
        pages = ec2.get_paginator("describe_instance_types").paginate(Filters=filters)
        found = [one for page in pages for one in page["InstanceTypes"]]
    except ClientError as error:
        raise LookupError(f"Instance type {name} does not exist") from error
    if not found:
        raise LookupError(f"Instance type {name} does not exist")
    return tuple(
        Machine(
            vcpus=one["VCpuInfo"]["DefaultVCpus"],
            memory_mib=registered_memory_mib(one["MemoryInfo"]["SizeInMiB"] / 1024),
            gpus=sum(gpu["Count"] for gpu in one.get("GpuInfo", {}).get("Gpus", [])),
        )
        for one in found
    )


def holds(environment: ComputeEnvironment, job: Job, region: str, known: Machines) -> bool:
    """Whether any instance type of the environment is large enough for the job."""
    return any(
        _fits(machine, job)
        for name in environment.resources["instanceTypes"]
        for machine in known(name, region)
    )


def _fits(machine: Machine, job: Job) -> bool:
    return (
        machine.vcpus >= job.resource("VCPU")
        and machine.memory_mib >= job.resource("MEMORY")
        and machine.gpus >= job.resource("GPU")
    )


def unknown_types(names: Iterable[str], region: str, known: Machines) -> list[str]:
    """A problem for each instance type that does not exist."""
    problems = []
    for name in names:
        try:
            known(name, region)
        except LookupError as error:
            problems.append(str(error))
    return problems
