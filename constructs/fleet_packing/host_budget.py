"""How much of a host tasks may reserve, and the share that belongs to some of its chips.

ECS counts the instances that a capacity provider needs by CPU, memory and ports. Shares are cut so
that the tasks of all chips fit on a host and one more does not: then that count is right although
ECS knows nothing of the chips.
"""

from __future__ import annotations

from dataclasses import dataclass

from accelerator_catalog import Ec2Instance
from fleet_packing.errors import PackingError

# The kernel and firmware keep some memory before the agent registers the rest; the figure is larger
# than what is seen on any size, because a task that asks for too much is never placed.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/memory-management.html
_KERNEL_FRACTION = 0.06
_KERNEL_MIB = 256


@dataclass(frozen=True, kw_only=True)
class HostBudget:
    """``memory_mib`` in MiB, ``cpu_units`` in ECS's units, 1,024 of a vCPU."""

    memory_mib: int
    cpu_units: int

    def share(self, *, chips: int, of: int) -> HostBudget:
        """What the owner of ``chips`` of a host's ``of`` chips may reserve.

        Raises PackingError unless 1 <= chips <= of.
        """
        if not 1 <= chips <= of:
            raise PackingError(f"chips must be 1 to {of}, got {chips}")
        return HostBudget(
            memory_mib=self.memory_mib * chips // of, cpu_units=self.cpu_units * chips // of
        )

    def beside(self, other: HostBudget) -> HostBudget:
        """What ``other`` leaves of this; ECS adds up the containers of a task."""
        return HostBudget(
            memory_mib=self.memory_mib - other.memory_mib,
            cpu_units=self.cpu_units - other.cpu_units,
        )


DAEMON_BUDGET = HostBudget(memory_mib=320, cpu_units=192)
"""Kept free on each host for the daemons beside the tasks: problem detector and core metrics."""

FETCH_BUDGET = HostBudget(memory_mib=256, cpu_units=128)
"""Of a task's own share, what the container takes that fetches its model; ECS reserves it as long
as the task runs, and the archive passes through in pieces of a few MiB."""


def host_budget(instance: Ec2Instance) -> HostBudget:
    """What tasks may reserve on ``instance`` beside the kernel, the agent and the daemons."""
    nominal = instance.memory_gib * 1024
    memory = nominal - int(nominal * _KERNEL_FRACTION) - _KERNEL_MIB - DAEMON_BUDGET.memory_mib
    return HostBudget(memory_mib=memory, cpu_units=instance.vcpu * 1024 - DAEMON_BUDGET.cpu_units)
