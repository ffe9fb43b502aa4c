"""GPU instance types of SageMaker hosting, and which of them a multi-model endpoint may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from accelerator_catalog.fact import Fact

MULTI_MODEL_PAGE = "https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-support.html"
_EC2 = "EC2 DescribeInstanceTypes, as bundled with moto 5.2.5"
_P2_P3 = "https://docs.aws.amazon.com/ec2/latest/instancetypes/pg.html"
_HOSTING = "cfn-lint 1.58.0, aws_sagemaker_hosting/instancetype_enum.json (from the price list)"


class MultiModelSupport(StrEnum):
    """What AWS says about GPU multi-model endpoints on an instance type."""

    LISTED = "listed"
    UNCONFIRMED = "unconfirmed"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, kw_only=True)
class GpuInstance(Fact):
    """One instance type.

    ``gpu_memory_gib`` is the memory of one GPU; ``compute_capability`` (major, minor);
    ``local_nvme_gb`` the fixed instance storage, 0 where there is none.
    """

    name: str
    family: str
    gpu: str
    gpu_count: int
    gpu_memory_gib: int
    compute_capability: tuple[int, int]
    vcpu: int
    memory_gib: int
    local_nvme_gb: int
    multi_model: MultiModelSupport

    @property
    def local_nvme(self) -> bool:
        """True where models live on instance storage, so that VolumeSizeInGB is refused."""
        return self.local_nvme_gb > 0


@dataclass(frozen=True, kw_only=True)
class GpuFamily(Fact):
    """One family: its GPU, and the regions whose price list offers it for hosting."""

    name: str
    gpu: str
    gpu_memory_gib: int
    compute_capability: tuple[int, int]
    multi_model: MultiModelSupport
    regions: frozenset[str]


def _family(
    name: str,
    gpu: str,
    gpu_memory_gib: int,
    compute_capability: tuple[int, int],
    multi_model: MultiModelSupport,
    regions: str,
) -> GpuFamily:
    return GpuFamily(
        name=name,
        gpu=gpu,
        gpu_memory_gib=gpu_memory_gib,
        compute_capability=compute_capability,
        multi_model=multi_model,
        regions=frozenset(regions.split()),
        source=f"{_HOSTING}; {MULTI_MODEL_PAGE}",
    )


_LISTED, _UNCONFIRMED = MultiModelSupport.LISTED, MultiModelSupport.UNCONFIRMED
_FAMILIES = (
    _family("p2", "NVIDIA K80", 12, (3, 7), _LISTED, ""),
    _family("p3", "NVIDIA V100", 16, (7, 0), _LISTED, ""),
    _family(
        "g4dn",
        "NVIDIA T4",
        16,
        (7, 5),
        _LISTED,
        "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1"
        " ap-southeast-1 ap-southeast-2 ca-central-1 cn-north-1 cn-northwest-1 eu-central-1"
        " eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 us-east-1"
        " us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2",
    ),
    _family(
        "g5",
        "NVIDIA A10G",
        24,
        (8, 6),
        _LISTED,
        "ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2"
        " ap-southeast-3 ca-central-1 cn-north-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2"
        " il-central-1 me-central-1 sa-east-1 us-east-1 us-east-2 us-west-2",
    ),
    _family(
        "g6",
        "NVIDIA L4",
        24,
        (8, 9),
        _UNCONFIRMED,
        "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ap-southeast-5 ca-central-1"
        " eu-central-1 eu-central-2 eu-north-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 sa-east-1"
        " us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-2",
    ),
    _family(
        "g6e",
        "NVIDIA L40S",
        48,
        (8, 9),
        _UNCONFIRMED,
        "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 eu-central-1 eu-south-2"
        " us-east-1 us-east-2 us-west-2",
    ),
    _family(
        "p4d",
        "NVIDIA A100",
        40,
        (8, 0),
        _UNCONFIRMED,
        "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1"
        " eu-central-1 eu-west-1 eu-west-2 sa-east-1 us-east-1 us-east-2 us-gov-west-1 us-west-2",
    ),
    _family(
        "p5",
        "NVIDIA H100",
        80,
        (9, 0),
        _UNCONFIRMED,
        "ap-northeast-1 ap-south-1 ap-southeast-2 ca-central-1 eu-west-2 sa-east-1 us-east-1"
        " us-east-2 us-west-2",
    ),
)
GPU_FAMILIES: Mapping[str, GpuFamily] = MappingProxyType({row.name: row for row in _FAMILIES})

# name: GPUs, vCPU, memory (GiB), fixed instance storage (GB, 0 = EBS only)
_SIZES: Mapping[str, tuple[int, int, int, int]] = {
    "p2.xlarge": (1, 4, 61, 0),
    "p2.8xlarge": (8, 32, 488, 0),
    "p2.16xlarge": (16, 64, 732, 0),
    "p3.2xlarge": (1, 8, 61, 0),
    "p3.8xlarge": (4, 32, 244, 0),
    "p3.16xlarge": (8, 64, 488, 0),
    "g4dn.xlarge": (1, 4, 16, 125),
    "g4dn.2xlarge": (1, 8, 32, 225),
    "g4dn.4xlarge": (1, 16, 64, 225),
    "g4dn.8xlarge": (1, 32, 128, 900),
    "g4dn.12xlarge": (4, 48, 192, 900),
    "g4dn.16xlarge": (1, 64, 256, 900),
    "g5.xlarge": (1, 4, 16, 250),
    "g5.2xlarge": (1, 8, 32, 450),
    "g5.4xlarge": (1, 16, 64, 600),
    "g5.8xlarge": (1, 32, 128, 900),
    "g5.12xlarge": (4, 48, 192, 3800),
    "g5.16xlarge": (1, 64, 256, 1900),
    "g5.24xlarge": (4, 96, 384, 3800),
    "g5.48xlarge": (8, 192, 768, 7600),
    "g6.xlarge": (1, 4, 16, 250),
    "g6.2xlarge": (1, 8, 32, 450),
    "g6.4xlarge": (1, 16, 64, 600),
    "g6.8xlarge": (1, 32, 128, 900),
    "g6.12xlarge": (4, 48, 192, 3760),
    "g6.16xlarge": (1, 64, 256, 1880),
    "g6.24xlarge": (4, 96, 384, 3760),
    "g6.48xlarge": (8, 192, 768, 7520),
    "g6e.xlarge": (1, 4, 32, 250),
    "g6e.2xlarge": (1, 8, 64, 450),
    "g6e.4xlarge": (1, 16, 128, 600),
    "g6e.8xlarge": (1, 32, 256, 900),
    "g6e.12xlarge": (4, 48, 384, 3800),
    "g6e.16xlarge": (1, 64, 512, 1900),
    "g6e.24xlarge": (4, 96, 768, 3800),
    "g6e.48xlarge": (8, 192, 1536, 7600),
    "p4d.24xlarge": (8, 96, 1152, 8000),
    "p5.4xlarge": (1, 16, 256, 3800),
    "p5.48xlarge": (8, 192, 2048, 30400),
}
# p5 is offered size by size; every other family comes whole.
_REGIONS_WITHOUT: Mapping[str, frozenset[str]] = {
    "ml.p5.4xlarge": frozenset({"ap-southeast-2", "ca-central-1", "us-east-1"}),
    "ml.p5.48xlarge": frozenset({"ap-northeast-1", "ap-south-1"}),
}


def _instance(size: str, numbers: tuple[int, int, int, int]) -> GpuInstance:
    family = GPU_FAMILIES[size.split(".")[0]]
    gpu_count, vcpu, memory_gib, local_nvme_gb = numbers
    return GpuInstance(
        name=f"ml.{size}",
        family=family.name,
        gpu=family.gpu,
        gpu_count=gpu_count,
        gpu_memory_gib=family.gpu_memory_gib,
        compute_capability=family.compute_capability,
        vcpu=vcpu,
        memory_gib=memory_gib,
        local_nvme_gb=local_nvme_gb,
        multi_model=family.multi_model if gpu_count == 1 else MultiModelSupport.UNSUPPORTED,
        source=_P2_P3 if family.name in ("p2", "p3") else _EC2,
    )


GPU_INSTANCES: Mapping[str, GpuInstance] = MappingProxyType(
    {f"ml.{size}": _instance(size, numbers) for size, numbers in _SIZES.items()}
)


def regions_offering(instance: GpuInstance) -> frozenset[str]:
    """The regions whose price list offers the type for hosting; empty for p2 and p3."""
    return GPU_FAMILIES[instance.family].regions - _REGIONS_WITHOUT.get(instance.name, frozenset())


def single_gpu_alternative(instance: GpuInstance) -> GpuInstance:
    """The type to use instead of one that has several GPUs.

    In the same family 4xlarge where it has one GPU, else the smallest with one GPU; ml.g5.4xlarge
    for a family that has none.
    """
    single = [
        row
        for row in GPU_INSTANCES.values()
        if row.family == instance.family and row.gpu_count == 1
    ]
    preferred = [row for row in single if row.name.endswith(".4xlarge")]
    return (preferred or single or [GPU_INSTANCES["ml.g5.4xlarge"]])[0]
