"""ECS-optimized host images, named by the public SSM parameter that holds their newest id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal

from accelerator_catalog.ec2_instance import Ec2Instance
from accelerator_catalog.fact import Fact
from accelerator_catalog.gpu_ec2_instances import GpuEc2Instance
from accelerator_catalog.neuron_instances import NeuronInstance

Accelerator = Literal["neuron", "gpu", "cpu"]
_PREFIX = "/aws/service/ecs/optimized-ami"
_GUIDE = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html"
)
_RECIPES = "https://github.com/aws/amazon-ecs-ami"


@dataclass(frozen=True, kw_only=True)
class EcsAmi(Fact):
    """One line of images.

    ``parameter`` holds an image id. ``root_gib`` is the root volume of the image itself, and
    ``runs`` what hosts it has the drivers for. ``neuron_driver`` was the newest when ``checked``;
    ``neuron_driver_inf1`` is what the image swaps in at boot on Inf1.
    """

    id: str
    parameter: str
    end_of_life: date | None
    root_gib: int
    runs: frozenset[Accelerator]
    neuron_driver: str | None = None
    neuron_driver_inf1: str | None = None


def _ami(
    id_: str,
    variant: str,
    runs: Accelerator,
    *,
    end_of_life: date | None = None,
    neuron_driver: str | None = None,
    neuron_driver_inf1: str | None = None,
) -> EcsAmi:
    return EcsAmi(
        id=id_,
        parameter=f"{_PREFIX}/{variant}/recommended/image_id",
        end_of_life=end_of_life,
        root_gib=30,
        runs=frozenset({runs}),
        neuron_driver=neuron_driver,
        neuron_driver_inf1=neuron_driver_inf1,
        source=f"{_GUIDE}; {_RECIPES}",
    )


_ROWS = (
    # scripts/enable-ecs-agent-inferentia-support.sh of the recipes pins the driver of Inf1 only;
    # else it takes that of the newest SDK, which is 2.33 (dkms 2.31.7.0).
    _ami(
        "al2023-neuron",
        "amazon-linux-2023/neuron",
        "neuron",
        neuron_driver="2.31",
        neuron_driver_inf1="2.21",
    ),
    _ami("al2023", "amazon-linux-2023", "cpu"),
    _ami("al2023-gpu", "amazon-linux-2023/gpu", "gpu"),
    _ami(
        "al2-inf",
        "amazon-linux-2/inf",
        "neuron",
        end_of_life=date(2026, 6, 30),
        neuron_driver="2.17",
        neuron_driver_inf1="2.17",
    ),
)

ECS_AMIS: Mapping[str, EcsAmi] = MappingProxyType({row.id: row for row in _ROWS})


def ecs_ami_for(instance: Ec2Instance) -> EcsAmi:
    """The image to boot on ``instance``: the one that has its drivers and is maintained."""
    accelerator = accelerator_of(instance)
    return next(row for row in _ROWS if accelerator in row.runs and row.end_of_life is None)


def host_driver(ami: EcsAmi, instance: NeuronInstance) -> str | None:
    """The Neuron driver of ``instance`` booted from ``ami``; None where the image has none."""
    return ami.neuron_driver_inf1 if instance.core_version == 1 else ami.neuron_driver


def accelerator_of(instance: Ec2Instance) -> Accelerator:
    """What an image needs drivers for to run on ``instance``."""
    if isinstance(instance, NeuronInstance):
        return "neuron"
    return "gpu" if isinstance(instance, GpuEc2Instance) else "cpu"
