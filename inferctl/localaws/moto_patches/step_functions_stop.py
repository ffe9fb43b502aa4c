"""moto's StopExecution waits for what is under way, drops the reason, and cannot stop a start.

On AWS an execution is ABORTED when the call returns; what a Lambda function still does, and how
it ends, changes neither the status nor the history.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch


def _stop_execution(_original: Any) -> Callable[..., Any]:
    from moto.core.responses import ActionResult

    from inferctl.localaws.stepfunctions.executions import stop

    def stop_execution(self: Any) -> Any:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        stop(execution, error=self._get_param("error"), cause=self._get_param("cause"))
        return ActionResult({"stopDate": execution.stop_date})

    return stop_execution


def _reflect_execution_status(original: Any) -> Callable[..., None]:
    from inferctl.localaws.stepfunctions.executions import reflect

    def _reflect_execution_status(self: Any) -> None:
        reflect(self, original)

    return _reflect_execution_status


def _add_event(original: Any) -> Callable[..., Any]:
    def add_event(self: Any, context: Any, *more: Any, **named: Any) -> Any:
        if getattr(self, "closed", False):
            return context.last_published_event_id
        return original(self, context, *more, **named)

    return add_event


PATCHES = (
    Patch(
        "stepfunctions",
        "moto.stepfunctions.responses:StepFunctionResponse",
        "stop_execution",
        _stop_execution,
    ),
    Patch(
        "stepfunctions",
        "moto.stepfunctions.parser.backend.execution:BaseExecutionWorkerCommunication",
        "_reflect_execution_status",
        _reflect_execution_status,
    ),
    Patch(
        "stepfunctions",
        "moto.stepfunctions.parser.asl.eval.event.event_manager:EventManager",
        "add_event",
        _add_event,
    ),
)
