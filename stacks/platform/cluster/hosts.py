"""Rules of hosts: instance types, the regions that offer them, and their images."""

from __future__ import annotations

import re
from difflib import get_close_matches

from accelerator_catalog import (
    EC2_INSTANCES,
    ECS_AMIS,
    END_OF_LIFE,
    NEURON_INSTANCES,
    REGIONS,
    Ec2Instance,
    EcsAmi,
    accelerator_of,
    ecs_ami_for,
)
from stacks.platform.cluster.file import Pool
from stacks.platform.findings import Findings
from stacks.platform.messages import did_you_mean

ECS_NEURON = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-inference.html"
_IMAGE = re.compile(r"ami-[0-9a-f]{8,17}|/[A-Za-z0-9_./-]+(:[1-9][0-9]*)?")
_SIZE = re.compile(r"(nano|micro|small|medium|large|metal|[0-9]*xlarge)")
_USUAL = ("us-east-1", "us-east-2", "us-west-2")


def check_type(place: str, pool: Pool, findings: Findings) -> Ec2Instance | None:
    """The instance type; None, with a problem, where the catalogue has no such one."""
    name = pool.instance_type
    if name in EC2_INSTANCES:
        return EC2_INSTANCES[name]
    lower = name.lower().removeprefix("ml.")
    family, _, size = lower.partition(".")
    sizes = [row.name for row in EC2_INSTANCES.values() if row.family == family]
    near = [lower] if lower in EC2_INSTANCES else get_close_matches(lower, EC2_INSTANCES, n=1)
    rule = "is not an EC2 instance type in the catalogue"
    if lower in EC2_INSTANCES and lower == name.lower():
        rule = "is not in lower case, in which EC2 and placement constraints have it"
    elif lower not in EC2_INSTANCES and sizes and _SIZE.fullmatch(size):
        near, rule = [], f"is not a size of {family} in the catalogue"
    findings.refuse(
        f"{place}.instance_type",
        name,
        rule=rule,
        fix=f"did you mean {near[0]}?"
        if near
        else f"use one of {', '.join(sizes or NEURON_INSTANCES)}",
        source=ECS_NEURON,
    )
    return None


def check_region(place: str, instance: Ec2Instance, region: str, findings: Findings) -> None:
    """Adds that the region does not offer the type."""
    if region not in REGIONS or region in instance.regions:
        return
    kind = type(instance)
    rows = [row for row in EC2_INSTANCES.values() if type(row) is kind and region in row.regions]
    maintained = [row.name for row in rows if row.family not in END_OF_LIFE]
    there = maintained or [row.name for row in rows]
    size = instance.name.rpartition(".")[2]
    same_size = [name for name in there if name.endswith(f".{size}")]
    fix = f"use {(same_size or there)[0]}" if there else f"use a region such as {_some(instance)}"
    findings.refuse(
        f"{place}.instance_type",
        instance.name,
        rule=f"is not offered in {region}",
        fix=fix,
        source=instance.source.rpartition("regions: ")[2],
    )


def _some(instance: Ec2Instance) -> str:
    return next((name for name in _USUAL if name in instance.regions), min(instance.regions))


def check_ami(place: str, pool: Pool, instance: Ec2Instance, findings: Findings) -> EcsAmi:
    """The host image; the one ``auto`` takes where another was asked for that does not do."""
    right = ecs_ami_for(instance)
    ami = right if pool.ami == "auto" else ECS_AMIS.get(pool.ami)
    problem: str | None = None
    fix, source = f"use auto, which takes {right.id}", right.source
    if ami is None:
        problem = "is not an ECS-optimized image in the catalogue"
        near = did_you_mean(pool.ami, ECS_AMIS)
        fix = f"did you mean {near}?" if near else fix
    elif ami.end_of_life is not None and ami.end_of_life <= ami.checked:
        problem, source = f"reached its end of life on {ami.end_of_life.isoformat()}", ami.source
    elif accelerator_of(instance) not in ami.runs:
        problem = f"has no drivers for {instance.name}; it is for {_kinds(ami)} instances"
    if ami is None or problem is not None:
        findings.refuse(f"{place}.ami", pool.ami, rule=problem or "", fix=fix, source=source)
        return right
    if pool.image is not None and not _IMAGE.fullmatch(pool.image):
        findings.refuse(
            f"{place}.image",
            pool.image,
            rule="is neither an AMI id nor the name of an SSM parameter, with :VERSION or without",
            fix=f"write one such as {ami.parameter}:1, or remove it",
        )
    if pool.root_volume_gib is not None and pool.root_volume_gib < ami.root_gib:
        findings.refuse(
            f"{place}.root_volume_gib",
            pool.root_volume_gib,
            rule=f"is less than the {ami.root_gib} GiB of {ami.id} itself",
            fix=f"write {ami.root_gib} or more; Neuron images have 10 GiB and more each",
            source=ami.source,
        )
    return ami


def _kinds(ami: EcsAmi) -> str:
    return " and ".join(sorted(ami.runs))
