"""The typed verification of a service."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.platform.cluster.workload_file import PortName, ServedName
from stacks.platform.endpoint.verification_file import Attempts, LatencyMs
from stacks.platform.section import Section, word_for_none

FileName = Annotated[str, Field(min_length=1)]


class ServiceVerification(Section):
    """One golden request to a service after each deployment; a wrong answer takes it back."""

    request: FileName
    """Body of the request, a JSON file; its path begins at the platform file."""
    answer: FileName
    """The right answer, as the server gives it."""
    protocol: Literal["kserve-v2", "tf-serving-rest"] = "tf-serving-rest"
    """What the server speaks over HTTP."""
    model_name: ServedName | None = None
    """What the server calls its model; the workload's model_name, or the service's name, when
    absent."""
    port: PortName | None = None
    """Name of the published port; the first that speaks HTTP when absent."""
    max_absolute_error: Annotated[float, Field(ge=0)]
    """How far each number may be off."""
    minimum_cosine: Annotated[float, Field(gt=0, le=1)] | None = None
    """How alike the directions of both outputs are at least; not looked at when absent."""
    latency_ms: Annotated[LatencyMs | None, word_for_none("off", Literal["off"] | LatencyMs)] = None
    """Longest answer once the first has come; ``off`` allows any."""
    attempts: Attempts = 3
    """Calls of which one has to be in time."""
