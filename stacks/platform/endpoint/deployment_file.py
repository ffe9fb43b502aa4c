"""The typed section ``endpoint.deployment``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.platform.section import CountOrZero, Section, word_for_none

# docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html
WaitSeconds = Annotated[int, Field(strict=True, ge=0, le=3600)]
TimeoutSeconds = Annotated[int, Field(strict=True, ge=600, le=28_800)]
Percent = Annotated[int, Field(strict=True, ge=1, le=50)]
Milliseconds = Annotated[int, Field(strict=True, ge=1)]


class EndpointDeployment(Section):
    """An update in parts that goes back to the old fleet when an alarm fires."""

    kind: Literal["canary", "linear", "rolling"]
    """``canary`` shifts one part of the traffic and then the rest, ``linear`` equal parts, both
    with two whole fleets; ``rolling`` replaces the instances in equal batches."""
    percent: Percent = 10
    """The part: 1 to 50 for canary, 10 to 50 for linear, 5 to 50 for rolling."""
    wait_seconds: WaitSeconds = 600
    """How long each part is watched before the next."""
    termination_wait_seconds: WaitSeconds | None = None
    """How long the old fleet stays after the last part; canary and linear only."""
    timeout_seconds: TimeoutSeconds | None = None
    """The longest a whole update may take, 600 to 28800; SageMaker's default when absent."""
    cold_minutes: CountOrZero = 5
    """How long a new fleet may be in trouble with models it has yet to load."""
    errors_percent: Annotated[int, Field(strict=True, ge=1, le=50)] = 5
    """Calls to the new fleet that may fail; more of them, minute after minute, roll it back."""
    latency_ms: Annotated[
        Milliseconds | None, word_for_none("off", Literal["off"] | Milliseconds)
    ] = None
    """``off``, or what nine of ten calls of loaded models may take in the container."""
