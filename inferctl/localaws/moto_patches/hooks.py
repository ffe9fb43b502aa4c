"""What the patches call back into; set by the running embedded AWS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from inferctl.localaws.lambda_runtime import LambdaRuntime
from inferctl.localaws.parts import BatchPart


def _nobody(_endpoint_name: str) -> None:
    """No serving plane is running."""


def _nothing() -> None:
    """No execution was ever started."""


@dataclass
class Hooks:
    """One set per process, as moto's own state is."""

    lambda_runtime: LambdaRuntime | None = None
    # called with the name of an endpoint that was created, updated or deleted
    endpoint_changed: Callable[[str], None] = field(default=_nobody)

    batch: BatchPart | None = None
    # set by the patches of Step Functions, which know the executions
    stop_executions: Callable[[], None] = field(default=_nothing)

    def clear(self) -> None:
        """Back to nothing, when the embedded AWS stops."""
        self.lambda_runtime = None
        self.endpoint_changed = _nobody
        self.batch = None
        self.stop_executions = _nothing


hooks = Hooks()
