"""What the patches call back into; set by the running embedded AWS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from inferctl.localaws.lambda_runtime import LambdaRuntime


def _nobody(_endpoint_name: str) -> None:
    """No serving plane is running."""


@dataclass
class Hooks:
    """One set per process, as moto's own state is."""

    lambda_runtime: LambdaRuntime | None = None
    # called with the name of an endpoint that was created, updated or deleted
    endpoint_changed: Callable[[str], None] = field(default=_nobody)

    def clear(self) -> None:
        """Back to nothing, when the embedded AWS stops."""
        self.lambda_runtime = None
        self.endpoint_changed = _nobody


hooks = Hooks()
