"""Inferentia and Trainium instance types: chips, NeuronCores and their device paths."""

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
from accelerator_catalog.neuron_cores import CoreVersion


@dataclass(frozen=True, kw_only=True)
class NeuronInstance(Ec2Instance):
    """One instance type.

    ``cores_per_chip`` are physical; the runtime numbers ``logical_cores_per_chip``, which are
    fewer on Trainium2, where it joins two by default (LNC=2). ``chip_memory_gib`` is of one chip.
    """

    chip: str
    chips: int
    core_version: CoreVersion
    cores_per_chip: int
    logical_cores_per_chip: int
    chip_memory_gib: int

    @property
    def devices(self) -> tuple[str, ...]:
        """Device paths on the host, one a chip."""
        return tuple(f"/dev/neuron{chip}" for chip in range(self.chips))

    @property
    def core_count(self) -> int:
        """NeuronCores of the host, as the runtime numbers them."""
        return self.chips * self.logical_cores_per_chip

    @property
    def accelerator_memory_gib(self) -> int:
        """Memory of all chips."""
        return self.chips * self.chip_memory_gib


@dataclass(frozen=True, kw_only=True)
class _Chip:
    name: str
    core_version: CoreVersion
    cores: int
    logical_cores: int
    memory_gib: int


_INFERENTIA = _Chip(name="Inferentia", core_version=1, cores=4, logical_cores=4, memory_gib=8)
_INFERENTIA2 = _Chip(name="Inferentia2", core_version=2, cores=2, logical_cores=2, memory_gib=32)
_TRAINIUM = _Chip(name="Trainium", core_version=2, cores=2, logical_cores=2, memory_gib=32)
_TRAINIUM2 = _Chip(name="Trainium2", core_version=3, cores=8, logical_cores=4, memory_gib=96)
_CHIPS: Mapping[str, _Chip] = {
    "inf1": _INFERENTIA,
    "inf2": _INFERENTIA2,
    "trn1": _TRAINIUM,
    "trn1n": _TRAINIUM,
    "trn2": _TRAINIUM2,
    "trn2u": _TRAINIUM2,
}

# name: chips, vCPU, memory (GiB), network interfaces, tasks with ENI trunking
_SIZES: Mapping[str, tuple[int, int, int, int, int | None]] = {
    "inf1.xlarge": (1, 4, 8, 4, None),
    "inf1.2xlarge": (1, 8, 16, 4, None),
    "inf1.6xlarge": (4, 24, 48, 8, None),
    "inf1.24xlarge": (16, 96, 192, 11, None),
    "inf2.xlarge": (1, 4, 16, 4, 20),
    "inf2.8xlarge": (1, 32, 128, 8, 90),
    "inf2.24xlarge": (6, 96, 384, 15, 120),
    "inf2.48xlarge": (12, 192, 768, 15, 120),
    "trn1.2xlarge": (1, 8, 32, 4, 19),
    "trn1.32xlarge": (16, 128, 512, 40, 120),
    "trn1n.32xlarge": (16, 128, 512, 80, 242),
    "trn2.3xlarge": (1, 12, 128, 2, None),
    "trn2.48xlarge": (16, 192, 2048, 32, None),
    "trn2u.48xlarge": (16, 192, 2048, 32, None),
}

_INF1 = (
    "ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1"
    " ap-southeast-2 ca-central-1 cn-north-1 cn-northwest-1 eu-central-1 eu-north-1 eu-south-1"
    " eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1"
    " us-gov-west-1 us-west-1 us-west-2"
)
_INF2 = (
    "ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 eu-central-1 eu-north-1 eu-west-1"
    " eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-2"
)
_TRN1 = "us-east-1 us-east-2 us-west-2"
_FAMILY_REGIONS: Mapping[str, str] = {
    "inf1": f"af-south-1 {_INF1}",
    "inf2": _INF2,
    "trn1": _TRN1,
    "trn1n": _TRN1,
    "trn2": "ap-south-2 us-east-2",
}
# The price list has no trn2.3xlarge or trn2u yet; their regions are those of moto's offerings.
_SIZE_REGIONS: Mapping[str, str] = {
    "inf1.6xlarge": _INF1,
    "inf2.xlarge": f"ap-northeast-2 {_INF2}",
    "trn2.3xlarge": "ap-south-2 ap-southeast-4 sa-east-1",
    "trn2u.48xlarge": "ap-south-2",
}
_OFFERINGS = "EC2 DescribeInstanceTypeOfferings, as bundled with moto 5.2.5"
_TRAINIUM2_PAGE = (
    "https://awsdocs-neuron.readthedocs-hosted.com/en/latest/about-neuron/arch/"
    "neuron-hardware/trn2-arch.html"
)


def _source(size: str) -> str:
    if not size.startswith("trn2"):
        return f"{SIZES}; ENI trunking: {TRUNKING}; regions: {REGIONS_LISTED}"
    regions = _OFFERINGS if size in _SIZE_REGIONS else REGIONS_LISTED
    return f"{SIZES}; chips: {_TRAINIUM2_PAGE}; regions: {regions}"


def _instance(size: str, numbers: tuple[int, int, int, int, int | None]) -> NeuronInstance:
    family = size.split(".")[0]
    chip = _CHIPS[family]
    chips, vcpu, memory_gib, enis, trunk_tasks = numbers
    return NeuronInstance(
        name=size,
        family=family,
        vcpu=vcpu,
        memory_gib=memory_gib,
        enis=enis,
        trunk_tasks=trunk_tasks,
        regions=regions_of(size, _FAMILY_REGIONS, _SIZE_REGIONS),
        chip=chip.name,
        chips=chips,
        core_version=chip.core_version,
        cores_per_chip=chip.cores,
        logical_cores_per_chip=chip.logical_cores,
        chip_memory_gib=chip.memory_gib,
        source=_source(size),
    )


NEURON_INSTANCES: Mapping[str, NeuronInstance] = MappingProxyType(
    {size: _instance(size, numbers) for size, numbers in _SIZES.items()}
)
