"""moto's executing backend names an execution without a name "None".

The second one then fails with ExecutionAlreadyExists. AWS makes up a unique name; the CDK's
Provider framework relies on it. moto also takes any name, and starts two executions when two
callers bring the same name at once.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

from .hooks import hooks
from .patch import Patch

_one_at_a_time = threading.Lock()


def _start_execution(original: Any) -> Callable[..., Any]:
    from inferctl.localaws.stepfunctions.executions import stop_all

    def start_execution(
        self: Any,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> Any:
        if name:
            self._validate_name(name)
        named = name or str(uuid.uuid4())
        hooks.stop_executions = stop_all
        with _one_at_a_time:
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
