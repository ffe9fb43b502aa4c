"""What a capacity pool may look like."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2

from accelerator_catalog import Ec2Instance, EcsAmi, ecs_ami_for
from accelerator_catalog.ecs_amis import accelerator_of

_NAME = r"[a-z][a-z0-9-]{0,31}"
# https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
_MOST_VOLUME_GIB = 65_536
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsRequest.html
_MOST_HOPS = 64
# An AMI, or a public or own parameter that holds one, of a fixed version or not.
_IMAGE = r"ami-[0-9a-f]{8,17}|/[A-Za-z0-9_./-]+(:[1-9][0-9]*)?"


@dataclass(frozen=True, kw_only=True)
class SpotProps:
    """Which of a pool's instances are bought on demand; all others are Spot.

    ``on_demand_base``: the first so many. ``on_demand_percent``: of those above the base.
    """

    on_demand_base: int = 0
    on_demand_percent: int = 0

    def __post_init__(self) -> None:
        problems: list[str] = []
        if self.on_demand_base < 0:
            problems.append(f"on_demand_base must be at least 0, got {self.on_demand_base}")
        if not 0 <= self.on_demand_percent <= 100:
            problems.append(f"on_demand_percent must be 0 to 100, got {self.on_demand_percent}")
        elif self.on_demand_percent == 100:
            problems.append(
                "on_demand_percent 100 buys no Spot instance at all (leave spot out instead)"
            )
        if problems:
            raise ValueError("invalid SpotProps: " + "; ".join(problems))


def name_problems(name: str) -> list[str]:
    """Why a pool cannot be called that."""
    if re.fullmatch(_NAME, name):
        return []
    return [
        "name must be 1 to 32 lower-case letters, digits and hyphens and begin with a letter, got"
        f" {name!r}"
    ]


@dataclass(frozen=True, kw_only=True)
class CapacityPoolProps:
    """One instance type, since devices and memory differ between the sizes of a family.

    ``image``: an AMI id, or the name of an SSM parameter that holds one, with ``:<version>`` where
    it should not move; without it new instances start from the newest image of ``ami`` that a
    deployment found. ``root_volume_gib``: room for images, of which a Neuron one has 10 GiB and
    more. ``metadata_hop_limit``: 1 keeps the instance's role from tasks in ``bridge`` mode, 2
    gives it to them. ``spot``: without it every instance is bought on demand.
    """

    name: str
    instance: Ec2Instance
    ami: EcsAmi
    max_instances: int
    min_instances: int = 0
    spot: SpotProps | None = None
    root_volume_gib: int = 100
    subnet_type: ec2.SubnetType = ec2.SubnetType.PRIVATE_WITH_EGRESS
    target_capacity_percent: int = 100
    image: str | None = None
    metadata_hop_limit: int = 1

    def __post_init__(self) -> None:
        problems = [
            *name_problems(self.name),
            *self._problems_of_size(),
            *self._problems_of_image(),
        ]
        if problems:
            raise ValueError("invalid CapacityPoolProps: " + "; ".join(problems))

    def _problems_of_size(self) -> list[str]:
        problems: list[str] = []
        if self.min_instances < 0:
            problems.append(f"min_instances must be at least 0, got {self.min_instances}")
        if self.max_instances < max(1, self.min_instances):
            problems.append(
                f"max_instances must be at least 1 and at least min_instances"
                f" ({self.min_instances}), got {self.max_instances}"
            )
        if not 1 <= self.target_capacity_percent <= 100:
            problems.append(
                f"target_capacity_percent must be 1 to 100, got {self.target_capacity_percent}"
                " (100 keeps no spare host)"
            )
        if self.spot is not None and self.spot.on_demand_base >= self.max_instances:
            problems.append(
                f"spot.on_demand_base must be less than max_instances ({self.max_instances}), got"
                f" {self.spot.on_demand_base}: no instance would be Spot (leave spot out instead)"
            )
        return problems

    def _problems_of_image(self) -> list[str]:
        problems: list[str] = []
        suited = ecs_ami_for(self.instance).id
        if accelerator_of(self.instance) not in self.ami.runs:
            problems.append(
                f"ami must be one that runs {self.instance.name}, got {self.ami.id!r}, which runs"
                f" {', '.join(sorted(self.ami.runs))} instances (did you mean {suited!r}?)"
            )
        ended = self.ami.end_of_life
        if ended is not None and ended <= self.ami.checked:
            problems.append(
                f"ami must still be maintained, got {self.ami.id!r}, which ended on {ended}"
                f" (did you mean {suited!r}?)"
            )
        if self.root_volume_gib < self.ami.root_gib:
            problems.append(
                f"root_volume_gib must be at least {self.ami.root_gib}, the size of"
                f" {self.ami.id}'s own root volume, got {self.root_volume_gib}"
            )
        if self.root_volume_gib > _MOST_VOLUME_GIB:
            problems.append(
                f"root_volume_gib must be at most {_MOST_VOLUME_GIB}, got {self.root_volume_gib}"
            )
        if self.image is not None and not re.fullmatch(_IMAGE, self.image):
            problems.append(
                "image must be an AMI id or the name of an SSM parameter, which begins with '/'"
                f" and may end in ':<version>', got {self.image!r}"
            )
        if not 1 <= self.metadata_hop_limit <= _MOST_HOPS:
            problems.append(
                f"metadata_hop_limit must be 1 to {_MOST_HOPS}, got {self.metadata_hop_limit}"
            )
        return problems
