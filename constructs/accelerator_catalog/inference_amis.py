"""Host images of SageMaker inference (``InferenceAmiVersion``) and which one an image needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accelerator_catalog.fact import Fact
from accelerator_catalog.gpu_instances import GpuInstance
from accelerator_catalog.triton_images import TritonImage

DRIVERS_PAGE = "https://docs.aws.amazon.com/sagemaker/latest/dg/inference-gpu-drivers.html"
_VARIANT = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html"
_AUTOGLUON = "https://github.com/autogluon/autogluon-cloud/pull/270"


@dataclass(frozen=True, kw_only=True)
class InferenceAmi(Fact):
    """One host image. ``version`` is None for what SageMaker takes when the property is unset.

    ``driver`` is the NVIDIA branch, ``cuda`` what that driver supports by itself. Hosts with
    ``cuda_compat`` mount the image's CUDA compatibility package. ``families_certain`` is False
    where AWS names no families for the version and ours are those seen in use.
    """

    version: str | None
    driver: int
    cuda: tuple[int, int]
    families: frozenset[str]
    cuda_compat: bool
    families_certain: bool = True

    @property
    def label(self) -> str:
        """How messages name it."""
        return "the default host image" if self.version is None else self.version


@dataclass(frozen=True, kw_only=True)
class InferenceAmiChoice:
    """What :func:`inference_ami_for` found. ``ami`` is None where nothing fits the pair."""

    ami: InferenceAmi | None
    explanation: str
    uncertain: bool


def _families(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ROWS = (
    InferenceAmi(
        version=None,
        driver=470,
        cuda=(11, 4),
        families=_families("p2 p3 g4dn g5 p4d"),
        cuda_compat=True,
        source=DRIVERS_PAGE,
    ),
    InferenceAmi(
        version=None,
        driver=535,
        cuda=(12, 2),
        families=_families("g6 g6e p5"),
        cuda_compat=True,
        source=DRIVERS_PAGE,
    ),
    InferenceAmi(
        version="al2-ami-sagemaker-inference-gpu-2",
        driver=535,
        cuda=(12, 2),
        families=_families("p3 g4dn g5 g6 g6e p4d p5"),
        cuda_compat=True,
        source=_VARIANT,
    ),
    InferenceAmi(
        version="al2-ami-sagemaker-inference-gpu-2-1",
        driver=535,
        cuda=(12, 2),
        families=_families("g4dn g5 g6 g6e p4d p5"),
        cuda_compat=False,
        families_certain=False,
        source=_VARIANT,
    ),
    InferenceAmi(
        version="al2-ami-sagemaker-inference-gpu-3-1",
        driver=550,
        cuda=(12, 4),
        families=_families("g4dn g5 g6 g6e p4d p5"),
        cuda_compat=False,
        families_certain=False,
        source=_VARIANT,
    ),
    InferenceAmi(
        version="al2023-ami-sagemaker-inference-gpu-4-1",
        driver=580,
        cuda=(13, 0),
        families=_families("g4dn g5 g6 g6e p4d p5"),
        cuda_compat=False,
        source=f"{_VARIANT}; {_AUTOGLUON}",
    ),
)

INFERENCE_AMIS: tuple[InferenceAmi, ...] = _ROWS
INFERENCE_AMI_VERSIONS: Mapping[str, InferenceAmi] = MappingProxyType(
    {row.version: row for row in _ROWS if row.version is not None}
)


def default_inference_ami(instance: GpuInstance) -> InferenceAmi:
    """What SageMaker boots on the type when InferenceAmiVersion is unset."""
    return next(row for row in _ROWS if row.version is None and instance.family in row.families)


def driver_problem(image: TritonImage, ami: InferenceAmi) -> str | None:
    """Why the host's driver cannot run the image, or None where it can."""
    if ami.driver >= image.minimum_driver:
        return None
    if ami.cuda_compat and ami.driver in image.forward_compatible:
        return None
    return (
        f"{image.tag} holds CUDA {image.cuda[0]}.{image.cuda[1]}, which needs NVIDIA driver"
        f" {image.minimum_driver} or later, and {ami.label} has {ami.driver}"
    )


def inference_ami_for(image: TritonImage, instance: GpuInstance) -> InferenceAmiChoice:
    """The host image to pair with the container image on the instance type.

    The oldest one of the image's CUDA major whose CUDA is no older than the image's; else the
    newest of that major (minor-version compatibility); else what SageMaker takes by default, or
    the oldest newer driver. A pairing is ``uncertain`` where no source shows it running.
    """
    fitting = [
        row
        for row in _ROWS
        if instance.family in row.families and driver_problem(image, row) is None
    ]
    if not fitting:
        return InferenceAmiChoice(
            ami=None,
            explanation=(
                f"no host image for {instance.name} has NVIDIA driver"
                f" {image.minimum_driver} or later, which CUDA"
                f" {image.cuda[0]}.{image.cuda[1]} in {image.tag} needs"
            ),
            uncertain=False,
        )
    ami = _best(image, fitting)
    return InferenceAmiChoice(
        ami=ami,
        explanation=(
            f"{ami.label} (driver {ami.driver}, CUDA {ami.cuda[0]}.{ami.cuda[1]}) runs CUDA"
            f" {image.cuda[0]}.{image.cuda[1]} of {image.tag} on {instance.name}"
        ),
        uncertain=ami.cuda[0] != image.cuda[0] or not ami.families_certain,
    )


def _best(image: TritonImage, fitting: list[InferenceAmi]) -> InferenceAmi:
    same_major = [row for row in fitting if row.version and row.cuda[0] == image.cuda[0]]
    new_enough = [row for row in same_major if row.cuda >= image.cuda]
    if new_enough:
        return min(new_enough, key=lambda row: row.cuda)
    if same_major:
        return max(same_major, key=lambda row: row.cuda)
    return min(fitting, key=lambda row: (row.version is not None, row.cuda))
