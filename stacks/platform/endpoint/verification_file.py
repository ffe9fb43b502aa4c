"""The typed verification of an endpoint."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.platform.section import Section, word_for_none

LatencyMs = Annotated[int, Field(strict=True, ge=1, le=60_000)]
Attempts = Annotated[int, Field(strict=True, ge=1, le=20)]
ParallelCalls = Annotated[int, Field(strict=True, ge=1, le=64)]
VerificationMinutes = Annotated[int, Field(strict=True, ge=1, le=50)]


class EndpointVerification(Section):
    """Golden requests to the models after each deployment; a wrong or late answer takes it back."""

    latency_ms: Annotated[LatencyMs | None, word_for_none("off", Literal["off"] | LatencyMs)] = None
    """Longest answer of a model that is loaded; ``off`` allows any."""
    attempts: Attempts = 3
    """Calls of a loaded model of which one has to be in time."""
    parallel_calls: ParallelCalls = 8
    """Models that are asked at once."""
    timeout_minutes: VerificationMinutes = 50
    """Time for all models, cold ones too; the next deployment goes on where this one stopped."""
