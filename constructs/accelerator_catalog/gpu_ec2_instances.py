"""GPU instance types for ECS tasks: the sizes of SageMaker hosting without their prefix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accelerator_catalog.ec2_instance import (
    REGIONS_LISTED,
    SIZES,
    TRUNKING,
    Ec2Instance,
    regions_of,
)
from accelerator_catalog.gpu_instances import GPU_INSTANCES, GpuInstance


@dataclass(frozen=True, kw_only=True)
class GpuEc2Instance(Ec2Instance):
    """One instance type; ``gpu_memory_gib`` is the memory of one GPU."""

    gpu: str
    gpu_count: int
    gpu_memory_gib: int


# Network interfaces, tasks with ENI trunking. What else there is to know is in GPU_INSTANCES.
_INTERFACES: Mapping[str, tuple[int, int | None]] = {
    "g4dn.xlarge": (3, None),
    "g4dn.2xlarge": (3, None),
    "g4dn.4xlarge": (3, None),
    "g4dn.8xlarge": (4, None),
    "g4dn.12xlarge": (8, None),
    "g4dn.16xlarge": (4, None),
    "g5.xlarge": (4, 6),
    "g5.2xlarge": (4, 19),
    "g5.4xlarge": (8, 40),
    "g5.8xlarge": (8, 90),
    "g5.12xlarge": (15, 120),
    "g5.16xlarge": (8, 120),
    "g5.24xlarge": (15, 120),
    "g5.48xlarge": (7, 120),
    "g6.xlarge": (4, None),
    "g6.2xlarge": (4, None),
    "g6.4xlarge": (8, None),
    "g6.8xlarge": (8, None),
    "g6.12xlarge": (8, None),
    "g6.16xlarge": (15, None),
    "g6.24xlarge": (15, None),
    "g6.48xlarge": (15, None),
}

# Hosting is offered in other regions than EC2, so that these are not those of GPU_FAMILIES.
_FAMILY_REGIONS: Mapping[str, str] = {
    "g4dn": "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1"
    " ap-southeast-1 ap-southeast-2 ca-central-1 cn-north-1 cn-northwest-1 eu-central-1"
    " eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 us-east-1"
    " us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2",
    "g5": "ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ap-southeast-3"
    " ca-central-1 cn-north-1 cn-northwest-1 eu-central-1 eu-north-1 eu-south-2 eu-west-1"
    " eu-west-2 eu-west-3 il-central-1 me-central-1 sa-east-1 us-east-1 us-east-2 us-west-2",
    "g6": "ap-northeast-1 ap-northeast-2 ap-south-1 ap-south-2 ap-southeast-2 ap-southeast-5"
    " ca-central-1 eu-central-1 eu-central-2 eu-north-1 eu-south-2 eu-west-2 eu-west-3"
    " me-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-2",
}


def _instance(hosting: GpuInstance, interfaces: tuple[int, int | None]) -> GpuEc2Instance:
    size = hosting.name.removeprefix("ml.")
    enis, trunk_tasks = interfaces
    return GpuEc2Instance(
        name=size,
        family=hosting.family,
        vcpu=hosting.vcpu,
        memory_gib=hosting.memory_gib,
        enis=enis,
        trunk_tasks=trunk_tasks,
        regions=regions_of(size, _FAMILY_REGIONS, {}),
        gpu=hosting.gpu,
        gpu_count=hosting.gpu_count,
        gpu_memory_gib=hosting.gpu_memory_gib,
        source=f"{SIZES}; ENI trunking: {TRUNKING}; regions: {REGIONS_LISTED}",
    )


GPU_EC2_INSTANCES: Mapping[str, GpuEc2Instance] = MappingProxyType(
    {
        size: _instance(GPU_INSTANCES[f"ml.{size}"], interfaces)
        for size, interfaces in _INTERFACES.items()
    }
)
