"""Rules of the accelerator: is there still such a service, and does the host have it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accelerator_catalog import (
    CPU_INSTANCES,
    EC2_INSTANCES,
    END_OF_LIFE,
    GPU_EC2_INSTANCES,
    REGIONS,
    Ec2Instance,
    GpuEc2Instance,
)
from accelerator_catalog.elastic_inference import (
    ELASTIC_INFERENCE_ACCELERATORS,
    ElasticInferenceAccelerator,
)
from accelerator_catalog.gpu_sharing import GPU_SHARING, shareable_mib
from stacks.platform.comparison.file import Comparison, GpuShare
from stacks.platform.findings import Findings
from stacks.platform.messages import did_you_mean
from stacks.platform.problems import ABSENT

_GPUS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-gpu.html"
_WHY_UNDIVIDED = {
    "elastic-inference": "has none on the host",
    "gpu": "gives it to one server",
}
_USUAL = ("us-east-1", "us-east-2", "us-west-2")


def check_service(
    section: Comparison, region: str, acknowledged: frozenset[str], findings: Findings
) -> None:
    """Adds that Elastic Inference is dead, or that it never was in the region."""
    if section.accelerator != "elastic-inference":
        if section.troubleshooting:
            findings.refuse(
                "comparison.troubleshooting",
                True,
                rule="is for elastic-inference, whose library asks EC2 and IAM",
                fix="remove it",
            )
        return
    place = "comparison.accelerator"
    entry = END_OF_LIFE["elastic-inference"]
    if entry.id not in acknowledged:
        findings.refuse(
            place,
            section.accelerator,
            rule=f"is a dead service: {entry.notice}",
            fix=f"write gpu-shared, or add {entry.id} to acknowledge_end_of_life",
            source=entry.source,
        )
    elif region in REGIONS and not REGIONS[region].elastic_inference:
        there = ", ".join(row.name for row in REGIONS.values() if row.elastic_inference)
        findings.refuse(
            place,
            section.accelerator,
            rule=f"is a service that {region} never had",
            fix=f"write gpu-shared, or use one of {there}",
            source=entry.source,
        )
    else:
        findings.warn(place, f"{entry.notice} ({entry.source})")


def check_attached(section: Comparison, findings: Findings) -> ElasticInferenceAccelerator | None:
    """What is attached to the host; None where nothing is, or no such thing."""
    place, name = "comparison.accelerator_type", section.resolved_accelerator_type
    if section.accelerator != "elastic-inference":
        if section.accelerator_type is not None:
            findings.refuse(
                place,
                name,
                rule=f"is for elastic-inference; {section.accelerator} is part of the host",
                fix="remove it, or write instance_type",
            )
        return None
    if name not in ELASTIC_INFERENCE_ACCELERATORS:
        near = did_you_mean(name.lower().removeprefix("ml."), ELASTIC_INFERENCE_ACCELERATORS)
        known = ", ".join(ELASTIC_INFERENCE_ACCELERATORS)
        findings.refuse(
            place,
            name,
            rule="is not a type of Elastic Inference accelerator",
            fix=f"did you mean {near}?" if near else f"use one of {known}",
            source=next(iter(ELASTIC_INFERENCE_ACCELERATORS.values())).source,
        )
        return None
    return ELASTIC_INFERENCE_ACCELERATORS[name]


def check_host(section: Comparison, region: str, findings: Findings) -> Ec2Instance | None:
    """The host's instance type; None where the accelerator does not go with it."""
    place, name = "comparison.instance_type", section.resolved_instance_type
    if section.accelerator == "elastic-inference":
        return check_type(
            place, name, CPU_INSTANCES, "without an accelerator of its own", region, findings
        )
    instance = check_type(place, name, GPU_EC2_INSTANCES, "with a GPU", region, findings)
    if not isinstance(instance, GpuEc2Instance):
        return None
    if instance.gpu_count != 1:
        single = [
            row.name
            for row in GPU_EC2_INSTANCES.values()
            if row.family == instance.family and row.gpu_count == 1
        ]
        findings.refuse(
            place,
            name,
            rule=f"has {instance.gpu_count} GPUs, and the servers use one",
            fix=f"use {single[0]}",
            source=_GPUS,
        )
        return None
    return instance


def check_type(
    place: str,
    name: str,
    known: Mapping[str, Ec2Instance],
    kind: str,
    region: str,
    findings: Findings,
) -> Ec2Instance | None:
    """The instance type; None, with a problem, where it is not of the kind or not in the region."""
    instance = known.get(name)
    if instance is None:
        lower = name.lower().removeprefix("ml.")
        # One that exists and is of another kind is no slip of the pen.
        near = did_you_mean(lower, known) if lower in known or lower not in EC2_INSTANCES else None
        usable = [
            row.name
            for row in known.values()
            if not isinstance(row, GpuEc2Instance) or row.gpu_count == 1
        ]
        findings.refuse(
            place,
            name,
            rule=f"is not an EC2 instance type {kind} in the catalogue",
            fix=f"did you mean {near}?" if near else f"use one of {', '.join(usable)}",
        )
    elif region in REGIONS and region not in instance.regions:
        there = [row.name for row in known.values() if region in row.regions]
        size = name.rpartition(".")[2]
        same = [one for one in there if one.endswith(f".{size}")]
        usual = next((one for one in _USUAL if one in instance.regions), min(instance.regions))
        findings.refuse(
            place,
            name,
            rule=f"is not offered in {region}",
            fix=f"use {(same or there)[0]}" if there else f"use a region such as {usual}",
            source=instance.source.rpartition("regions: ")[2],
        )
    return instance


def check_shares(section: Comparison, instance: Ec2Instance | None, findings: Findings) -> None:
    """Adds what is wrong with the parts of the GPU."""
    place, shares = "comparison.shares", section.shares
    if shares is None:
        return
    if section.accelerator != "gpu-shared":
        findings.refuse(
            place,
            ABSENT,
            rule="divides a GPU with NVIDIA MPS, and"
            f" {section.accelerator} {_WHY_UNDIVIDED[section.accelerator]}",
            fix="remove it, or write accelerator: gpu-shared",
            source=GPU_SHARING,
        )
        return
    if len(shares) < 2:
        findings.refuse(
            place,
            ABSENT,
            rule="has one part or none, which nobody shares",
            fix="write two or more, or accelerator: gpu",
        )
    _check_sums(place, shares, instance, findings)


def _check_sums(
    place: str, shares: Sequence[GpuShare], instance: Ec2Instance | None, findings: Findings
) -> None:
    percent = sum(share.compute_percent for share in shares)
    if percent > 100:
        findings.refuse(
            place,
            ABSENT,
            rule=f"is {percent} percent of the GPU's compute together, so that servers take it"
            " from each other",
            fix="write 100 percent or less together",
            source=GPU_SHARING,
        )
    if not isinstance(instance, GpuEc2Instance):
        return
    memory, most = sum(share.memory_mib for share in shares), shareable_mib(instance)
    if memory > most:
        findings.refuse(
            place,
            ABSENT,
            rule=f"is {memory:,} MiB of GPU memory together, and the {instance.gpu} of"
            f" {instance.name} has {most:,} MiB to give; ECS would never place the task",
            fix=f"write {most} MiB or less together",
            source=GPU_SHARING,
        )
