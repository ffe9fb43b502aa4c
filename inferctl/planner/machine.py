"""One instance as models see it: memory budgets, calls and loads at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accelerator_catalog import GpuInstance
from inferctl.planner.fleet import Fleet, Floats

_MIB_PER_GIB = 1024


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What AWS does not document; each is an option of ``inferctl plan``.

    ``usable_host`` and ``usable_gpu``: the shares of memory that models fill before the least
    recently used goes. ``gpu_fixed_mib``: the server's own GPU memory. ``parallel_loads``: models
    loading at once on an instance. ``slots``: calls an instance answers at once without slowing
    any down. ``unload_seconds``: of each model that goes, before the load it goes for begins;
    Triton answers no unload sooner (UNLOAD_SLEEP_MILLISECONDS_ of
    https://github.com/triton-inference-server/server/blob/main/src/sagemaker_server.h).
    """

    usable_host: float = 0.8
    usable_gpu: float = 0.9
    gpu_fixed_mib: float = 512.0
    parallel_loads: int = 1
    slots: int = 1
    unload_seconds: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Budgets of one instance; None where nothing limits."""

    name: str
    host_mib: float | None = None
    gpu_mib: float | None = None
    max_models: int | None = None
    slots: int = 1
    parallel_loads: int = 1
    unload_seconds: float = 0.0

    @property
    def budgets(self) -> dict[str, float]:
        """Every limit by its name, in the order of `sizes_on`."""
        limits = {
            "host memory": self.host_mib,
            "GPU memory": self.gpu_mib,
            "loaded models": self.max_models,
        }
        return {name: float(limit) for name, limit in limits.items() if limit is not None}


def sizes_on(machine: Machine, fleet: Fleet) -> Floats:
    """What each model takes of each budget: a row a budget, a column a model."""
    columns = {
        "host memory": fleet.host_mib,
        "GPU memory": fleet.gpu_mib,
        "loaded models": np.ones(len(fleet)),
    }
    rows = [columns[name] for name in machine.budgets]
    return np.stack(rows) if rows else np.zeros((0, len(fleet)))


def machine_of(instance: GpuInstance, assumptions: Assumptions) -> Machine:
    """An instance type of the catalogue."""
    gpu_mib = instance.gpu_memory_gib * _MIB_PER_GIB * assumptions.usable_gpu
    return Machine(
        name=instance.name,
        host_mib=instance.memory_gib * _MIB_PER_GIB * assumptions.usable_host,
        gpu_mib=max(gpu_mib - assumptions.gpu_fixed_mib, 0.0),
        slots=assumptions.slots,
        parallel_loads=assumptions.parallel_loads,
        unload_seconds=assumptions.unload_seconds,
    )
