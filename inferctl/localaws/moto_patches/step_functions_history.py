"""moto's GetExecutionHistory knows no pages, no order and no leaving out of data.

A caller that reads the last events of a long history backwards would get the first ones. An
execution that timed out has no end, and an output that is a text or null is no JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .patch import Patch

_RESPONSES = "moto.stepfunctions.responses:StepFunctionResponse"


def _get_execution_history(_original: Any) -> Callable[..., Any]:
    from moto.core.responses import ActionResult

    from inferctl.localaws.stepfunctions.executions import history_page

    def get_execution_history(self: Any) -> Any:
        arn = self._get_param("executionArn")
        found = self.stepfunction_backend.get_execution_history(arn)
        page = history_page(
            found["events"],
            most=self._get_int_param("maxResults"),
            token=self._get_param("nextToken"),
            reverse=bool(self._get_param("reverseOrder")),
            with_data=self._get_param("includeExecutionData") is not False,
        )
        return ActionResult(page)

    return get_execution_history


def _describe_execution(original: Any) -> Callable[..., Any]:
    def describe_execution(self: Any) -> Any:
        answer = original(self)
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        if execution.stop_date is not None and answer.result["status"] != "RUNNING":
            answer.result["stopDate"] = execution.stop_date
        if answer.result["status"] == "SUCCEEDED":
            answer.result["output"] = json.dumps(execution.output, separators=(",", ":"))
        return answer

    return describe_execution


PATCHES = (
    Patch("stepfunctions", _RESPONSES, "get_execution_history", _get_execution_history),
    Patch("stepfunctions", _RESPONSES, "describe_execution", _describe_execution),
)
