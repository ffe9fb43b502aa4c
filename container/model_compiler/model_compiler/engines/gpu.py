"""Is this the GPU that the plan is for? Asked before a build that takes minutes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from model_compiler.errors import CompilerError, InfrastructureError, InputError
from model_compiler.processes import Processes

# Facts of accelerator_catalog's GPU_FAMILIES, for an image that holds nothing else; a test holds
# the two equal. g6 and g6e have one compute capability, and plans that differ all the same.
FAMILIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "g4dn": ("T4", "7.5"),
        "g5": ("A10G", "8.6"),
        "g6": ("L4", "8.9"),
        "g6e": ("L40S", "8.9"),
        "p3": ("V100", "7.0"),
    }
)
_QUERY = ("name", "compute_cap", "memory.total", "driver_version")


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """What nvidia-smi says of the first GPU."""

    name: str
    compute_capability: str
    memory: str
    driver: str


def check_gpu(processes: Processes, target: str) -> Gpu:
    """The GPU, which is one of ``target``'s; raises `InputError` and `InfrastructureError`."""
    if target not in FAMILIES:
        raise InputError(f"target {target!r} is none of the GPU families {', '.join(FAMILIES)}")
    model, capability = FAMILIES[target]
    try:
        listed = processes.run(
            [
                "nvidia-smi",
                f"--query-gpu={','.join(_QUERY)}",
                "--format=csv,noheader",
            ],
            name="nvidia-smi",
        ).output
    except CompilerError as error:
        raise InfrastructureError(
            f"this host shows no GPU (a compute environment of {target} instances, and a job"
            f" definition that asks for a GPU, are needed): {error}"
        ) from error
    rows = [re.split(r"\s*,\s*", line.strip()) for line in listed.splitlines() if line.strip()]
    if not rows or len(rows[0]) != len(_QUERY):
        raise InfrastructureError(f"nvidia-smi must list a GPU, got {listed.strip()[:200]!r}")
    gpu = Gpu(name=rows[0][0], compute_capability=rows[0][1], memory=rows[0][2], driver=rows[0][3])
    if _model(gpu.name) != model or gpu.compute_capability != capability:
        raise InfrastructureError(
            f"the plan is for {target}, whose GPU is {model} ({capability}); this host has"
            f" {gpu.name} ({gpu.compute_capability}), whose plans no other GPU loads"
        )
    return gpu


def _model(name: str) -> str:
    """``T4`` of ``Tesla T4``, ``V100`` of ``Tesla V100-SXM2-16GB``."""
    return name.split()[-1].partition("-")[0]
