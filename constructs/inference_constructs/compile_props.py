"""What a compile fleet is made of, checked before anything is built."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2

from accelerator_catalog import Ec2Instance, GpuEc2Instance
from fleet_packing import host_budget

from .compile_image import CompilerImage

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
# The root device of every ECS-optimized Amazon Linux image holds 30 GiB of its own.
_LEAST_VOLUME_GIB = 50
MOST_ATTEMPTS = 10
"""https://docs.aws.amazon.com/batch/latest/APIReference/API_RetryStrategy.html"""
LONGEST_TIMEOUT_MINUTES = 24 * 60
MOST_JOBS = 1000
"""Compilations at once; the service's own quota of running jobs is not far above."""


@dataclass(frozen=True, kw_only=True)
class CompileQueueProps:
    """Machines of one kind, and how many jobs use them at once.

    ``instances``: types to choose from; a job gets all of the smallest one, so that one runs per
    instance. All have GPUs of one kind, or none has any.
    ``spot``: Spot first, On-Demand where there is none; else On-Demand alone.
    ``volume_gib``: root volume, which holds the image, the sources and what the compiler writes.
    """

    name: str
    instances: Sequence[Ec2Instance]
    max_jobs: int = 8
    spot: bool = True
    volume_gib: int = 200

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not _NAME.fullmatch(self.name):
            problems.append(
                f"name must be lower-case letters, digits and hyphens, got {self.name!r}"
            )
        if not self.instances:
            problems.append("instances must name at least one type")
        families = {_gpu(instance) for instance in self.instances}
        if len(families) > 1:
            kinds = ", ".join(sorted(kind or "none" for kind in families))
            problems.append(f"instances must have GPUs of one kind, got {kinds}")
        if not 1 <= self.max_jobs <= MOST_JOBS:
            problems.append(f"max_jobs must be 1 to {MOST_JOBS}, got {self.max_jobs}")
        if self.volume_gib < _LEAST_VOLUME_GIB:
            problems.append(
                f"volume_gib must be at least {_LEAST_VOLUME_GIB}, got {self.volume_gib}"
            )
        if problems:
            raise ValueError(f"invalid CompileQueueProps {self.name}: " + "; ".join(problems))

    @property
    def gpu(self) -> bool:
        """Whether jobs get a GPU."""
        return isinstance(self.instances[0], GpuEc2Instance)

    @property
    def job_vcpus(self) -> int:
        """All of the smallest instance's."""
        return min(instance.vcpu for instance in self.instances)

    @property
    def job_memory_mib(self) -> int:
        """What the smallest instance has left beside its kernel and the agent."""
        return min(host_budget(instance).memory_mib for instance in self.instances)

    @property
    def max_vcpus(self) -> int:
        """Room for ``max_jobs`` of the largest instance."""
        return self.max_jobs * max(instance.vcpu for instance in self.instances)


@dataclass(frozen=True, kw_only=True)
class CompilerProps:
    """One engine: for which targets, in which image, in which queue.

    ``timeout_minutes``: of one attempt.
    """

    engine: str
    targets: Sequence[str]
    queue: str
    image: CompilerImage
    timeout_minutes: int = 120

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not self.targets:
            problems.append("targets must name at least one")
        if not 1 <= self.timeout_minutes <= LONGEST_TIMEOUT_MINUTES:
            problems.append(
                f"timeout_minutes must be 1 to {LONGEST_TIMEOUT_MINUTES},"
                f" got {self.timeout_minutes}"
            )
        if problems:
            raise ValueError(f"invalid CompilerProps {self.engine}: " + "; ".join(problems))


@dataclass(frozen=True, kw_only=True)
class CompileFleetProps:
    """``queues`` and ``compilers`` may be empty: then large fleets are packaged, and that is all.

    ``vpc``: only needed, and only used, where there are queues.
    ``packaging_calls``: how many functions package at once.
    ``attempts``: of one job, whose instance Spot took back or which met a busy service.
    """

    queues: Sequence[CompileQueueProps] = ()
    compilers: Sequence[CompilerProps] = ()
    vpc: ec2.IVpc | None = None
    subnet_type: ec2.SubnetType = ec2.SubnetType.PRIVATE_WITH_EGRESS
    packaging_calls: int = 10
    attempts: int = 4

    def __post_init__(self) -> None:
        problems: list[str] = []
        names = [queue.name for queue in self.queues]
        problems += [f"queues must have unique names, got {name!r} twice" for name in _twice(names)]
        made = [f"{one.engine}/{target}" for one in self.compilers for target in one.targets]
        problems += [f"compilers must differ, got {name} twice" for name in _twice(made)]
        used = {compiler.queue for compiler in self.compilers}
        problems += [
            f"compilers must use queues there are, got {name!r}"
            for name in sorted(used - set(names))
        ]
        problems += [
            f"queues must be used by a compiler, got {name!r}" for name in sorted(set(names) - used)
        ]
        if self.queues and self.vpc is None:
            problems.append("vpc must be given, since there are queues")
        if not 1 <= self.packaging_calls <= MOST_JOBS:
            problems.append(f"packaging_calls must be 1 to {MOST_JOBS}, got {self.packaging_calls}")
        if not 1 <= self.attempts <= MOST_ATTEMPTS:
            problems.append(f"attempts must be 1 to {MOST_ATTEMPTS}, got {self.attempts}")
        if problems:
            raise ValueError("invalid CompileFleetProps: " + "; ".join(problems))


def _gpu(instance: Ec2Instance) -> str | None:
    return instance.gpu if isinstance(instance, GpuEc2Instance) else None


def _twice(names: Sequence[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)
