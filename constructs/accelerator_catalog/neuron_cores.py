"""Generations of NeuronCores: a compiled artifact runs on one of them and on no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal

from accelerator_catalog.fact import Fact

CoreVersion = Literal[1, 2, 3]
_ARCHITECTURE = "https://awsdocs-neuron.readthedocs-hosted.com/en/latest/about-neuron/arch/"
_INF1 = (
    "https://github.com/aws-neuron/aws-neuron-sdk/blob/master/release-notes/prev/rn.rst; driver:"
    " about-neuron/announcements/neuron2.x/announce-correction-neuron-driver-support-inf1.rst"
)
_MANAGED = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-inference.html"


@dataclass(frozen=True, kw_only=True)
class NeuronCore(Fact):
    """One generation.

    ``compile_targets`` are families whose artifacts run on it. ``last_sdk`` and ``last_driver``
    are None while new releases support it. ``managed_instances``: ECS schedules its devices.
    """

    version: CoreVersion
    chips: tuple[str, ...]
    compile_targets: tuple[str, ...]
    last_sdk: str | None
    last_sdk_date: date | None
    last_driver: str | None
    managed_instances: bool


_ROWS = (
    NeuronCore(
        version=1,
        chips=("Inferentia",),
        compile_targets=("inf1",),
        last_sdk="2.20.2",
        last_sdk_date=date(2024, 11, 20),
        last_driver="2.24",
        managed_instances=False,
        source=f"{_INF1}; {_MANAGED}",
    ),
    NeuronCore(
        version=2,
        chips=("Inferentia2", "Trainium"),
        compile_targets=("inf2", "trn1", "trn1n"),
        last_sdk=None,
        last_sdk_date=None,
        last_driver=None,
        managed_instances=True,
        source=f"{_ARCHITECTURE}; {_MANAGED}",
    ),
    NeuronCore(
        version=3,
        chips=("Trainium2",),
        compile_targets=("trn2",),
        last_sdk=None,
        last_sdk_date=None,
        last_driver=None,
        managed_instances=True,
        source=f"{_ARCHITECTURE}; {_MANAGED}",
    ),
)

NEURON_CORES: Mapping[int, NeuronCore] = MappingProxyType({row.version: row for row in _ROWS})


def core_version_of_target(target: str) -> CoreVersion | None:
    """The generation that runs what was compiled for ``target``, such as ``inf2``.

    None for a target that is no family of Neuron instances.
    """
    return next((row.version for row in _ROWS if target in row.compile_targets), None)
