"""Rules of the instance types that models are compiled on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from accelerator_catalog import (
    CPU_INSTANCES,
    GPU_EC2_INSTANCES,
    CpuInstance,
    Ec2Instance,
    GpuEc2Instance,
)
from stacks.platform.compile.file import Compile
from stacks.platform.findings import Findings
from stacks.platform.messages import did_you_mean

PLANS: Final = (
    "https://docs.nvidia.com/deeplearning/tensorrt/latest/inference-library/advanced.html"
)
_GPU_SIZES: Final = ("2xlarge", "4xlarge")
_CPU_TYPES: Final = ("m6i.4xlarge", "m5.4xlarge")
_PRICES: Final = "https://aws.amazon.com/ec2/pricing/on-demand/"


def check_gpu_types(
    section: Compile, families: Sequence[str], region: str, findings: Findings
) -> tuple[GpuEc2Instance, ...]:
    """The types that the section names, or those of the first family that suit a compilation."""
    key = "compile.gpu_instance_types"
    if section.gpu_instance_types is None:
        chosen = [
            instance
            for family in families
            for size in _GPU_SIZES
            if (instance := GPU_EC2_INSTANCES.get(f"{family}.{size}")) is not None
            and _offered(instance, region)
        ]
        if families and not chosen:
            findings.refuse(
                key,
                "auto",
                rule=f"finds no {families[0]} instance in {region}",
                fix="choose a build that needs no compile, or another region",
                source=_PRICES,
            )
        return tuple(chosen)
    chosen = []
    for name in section.gpu_instance_types:
        instance = GPU_EC2_INSTANCES.get(name)
        if instance is None:
            _refuse_type(key, name, "a GPU instance type", GPU_EC2_INSTANCES, findings)
        elif families and instance.family not in families:
            findings.refuse(
                key,
                name,
                rule=f"is not of family {families[0]}, whose GPU serves, and a plan runs on the"
                " GPU that it was built on",
                fix=f"use {families[0]}.{_GPU_SIZES[0]}",
                source=PLANS,
            )
        elif instance.gpu_count > 1:
            findings.refuse(
                key,
                name,
                rule=f"has {instance.gpu_count} GPUs, of which a compilation uses one",
                fix=f"use {instance.family}.{_GPU_SIZES[0]}",
            )
        elif not _offered(instance, region):
            _refuse_region(key, instance, region, findings)
        else:
            chosen.append(instance)
    return tuple(chosen)


def check_cpu_types(section: Compile, region: str, findings: Findings) -> tuple[CpuInstance, ...]:
    """The types that the section names, or those of ours that the region offers."""
    key = "compile.cpu_instance_types"
    if section.cpu_instance_types is None:
        types = (CPU_INSTANCES[name] for name in _CPU_TYPES)
        return tuple(instance for instance in types if _offered(instance, region))
    chosen = []
    for name in section.cpu_instance_types:
        instance = CPU_INSTANCES.get(name)
        if instance is None:
            _refuse_type(
                key, name, "an x86 instance type without accelerator", CPU_INSTANCES, findings
            )
        elif not _offered(instance, region):
            _refuse_region(key, instance, region, findings)
        else:
            chosen.append(instance)
    return tuple(chosen)


def _offered(instance: Ec2Instance, region: str) -> bool:
    return not region or region in instance.regions


def _refuse_type(
    key: str, name: str, kind: str, known: Mapping[str, Ec2Instance], findings: Findings
) -> None:
    near = did_you_mean(name, known)
    findings.refuse(
        key,
        name,
        rule=f"is not {kind} of the catalogue",
        fix=f"did you mean {near}?" if near else f"use one of {', '.join(known)}",
    )


def _refuse_region(key: str, instance: Ec2Instance, region: str, findings: Findings) -> None:
    findings.refuse(
        key,
        instance.name,
        rule=f"is not offered in {region}",
        fix="choose another type, or another region",
        source=_PRICES,
    )
