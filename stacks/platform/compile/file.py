"""The typed compile section of the platform file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model_folders.recipes import Engine
from stacks.platform.section import Section, Switch, word_for_none

JobCount = Annotated[int, Field(strict=True, ge=1, le=1000)]
Minutes = Annotated[int, Field(strict=True, ge=1, le=1440)]
VolumeGib = Annotated[int, Field(strict=True, ge=50, le=16384)]
_TypeNames = Annotated[tuple[str, ...], Field(min_length=1)]


class Compile(Section):
    """Machines that compile models, started for a deployment and ended after it."""

    always: Switch = False
    """Whether the state machine is there without any recipe too: it packages a fleet of hundreds
    of models sooner than one function does."""
    gpu_instance_types: Annotated[
        _TypeNames | None, word_for_none("auto", Literal["auto"] | _TypeNames)
    ] = None
    """EC2 types with one GPU of the endpoint's family, for TensorRT; ``auto`` takes its 2xlarge and
    4xlarge."""
    cpu_instance_types: Annotated[
        _TypeNames | None, word_for_none("auto", Literal["auto"] | _TypeNames)
    ] = None
    """EC2 types for what compiles without an accelerator; ``auto`` takes m6i.4xlarge and
    m5.4xlarge."""
    max_jobs: JobCount = 8
    """Compilations at once in each queue, one an instance."""
    spot: Switch = True
    """Whether Spot instances come first, with on-demand ones where there are none."""
    subnets: Literal["private", "isolated"] = "private"
    """The network's subnets that hold the instances."""
    volume_gib: VolumeGib = 200
    """Root volume, for the image, the sources and what the compiler writes."""
    timeout_minutes: Minutes = 120
    """Time of one attempt at one model."""
    packaging_calls: JobCount = 10
    """Functions that package at once."""
    images: dict[Engine, str] = Field(default_factory=dict)
    """Compiler images by engine; those of ``container/`` are built where absent."""
