"""moto's executing backend names an execution without a name "None".

The second one then fails with ExecutionAlreadyExists. AWS makes up a unique name; the CDK's
Provider framework relies on it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from .patch import Patch


def _start_execution(original: Any) -> Callable[..., Any]:
    def start_execution(
        self: Any,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> Any:
        named = name or str(uuid.uuid4())
        return original(self, state_machine_arn, named, execution_input, trace_header)

    return start_execution


PATCHES = (
    Patch(
        "stepfunctions",
        "moto.stepfunctions.parser.models:StepFunctionsParserBackend",
        "start_execution",
        _start_execution,
    ),
)
