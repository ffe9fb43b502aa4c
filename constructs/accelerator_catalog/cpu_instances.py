"""CPU instance types: hosts of ordinary tasks, of clients and of compilation for NeuronCores."""

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


@dataclass(frozen=True, kw_only=True)
class CpuInstance(Ec2Instance):
    """One instance type, x86_64 as the Neuron compiler needs it."""


# name: vCPU, memory (GiB), network interfaces, tasks with ENI trunking
_SIZES: Mapping[str, tuple[int, int, int, int | None]] = {
    "c5.large": (2, 4, 3, 10),
    "c5.xlarge": (4, 8, 4, 20),
    "c5.2xlarge": (8, 16, 4, 40),
    "c5.4xlarge": (16, 32, 8, 60),
    "c5.9xlarge": (36, 72, 8, 60),
    "c6i.large": (2, 4, 3, 10),
    "c6i.xlarge": (4, 8, 4, 20),
    "c6i.2xlarge": (8, 16, 4, 40),
    "c6i.4xlarge": (16, 32, 8, 60),
    "c6i.8xlarge": (32, 64, 8, 90),
    "m5.large": (2, 8, 3, 10),
    "m5.xlarge": (4, 16, 4, 20),
    "m5.2xlarge": (8, 32, 4, 40),
    "m5.4xlarge": (16, 64, 8, 60),
    "m5.8xlarge": (32, 128, 8, 60),
    "m6i.large": (2, 8, 3, 10),
    "m6i.xlarge": (4, 16, 4, 20),
    "m6i.2xlarge": (8, 32, 4, 40),
    "m6i.4xlarge": (16, 64, 8, 60),
    "m6i.8xlarge": (32, 128, 8, 90),
}

_C5_M5 = (
    "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2"
    " ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ca-central-1 ca-west-1"
    " cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2"
    " eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 sa-east-1 us-east-1"
    " us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
)
_C6I = (
    "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1"
    " ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-5 ap-southeast-6 ap-southeast-7"
    " ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-north-1 eu-south-1"
    " eu-west-1 eu-west-2 eu-west-3 il-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1"
    " us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
)
_FAMILY_REGIONS: Mapping[str, str] = {
    "c5": _C5_M5,
    "m5": _C5_M5,
    "c6i": _C6I,
    "m6i": f"{_C6I} ap-southeast-3 eu-central-2 me-central-1",
}


def _instance(size: str, numbers: tuple[int, int, int, int | None]) -> CpuInstance:
    vcpu, memory_gib, enis, trunk_tasks = numbers
    return CpuInstance(
        name=size,
        family=size.split(".")[0],
        vcpu=vcpu,
        memory_gib=memory_gib,
        enis=enis,
        trunk_tasks=trunk_tasks,
        regions=regions_of(size, _FAMILY_REGIONS, {}),
        source=f"{SIZES}; ENI trunking: {TRUNKING}; regions: {REGIONS_LISTED}",
    )


CPU_INSTANCES: Mapping[str, CpuInstance] = MappingProxyType(
    {size: _instance(size, numbers) for size, numbers in _SIZES.items()}
)
