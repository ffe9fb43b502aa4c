"""moto breaks on an error of Step Functions' own that leaves a branch, or an item of an inline map.

It takes ``States.TaskFailed`` for a name that somebody chose, which must not begin so, and fails
the execution with ``States.Runtime`` whatever the state catches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch

_STATES = "moto.stepfunctions.parser.asl.component.state.exec"
_OWN = "States."


def _custom_error_name(original: Any) -> Callable[..., Any]:
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
        StatesErrorName,
    )
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
        StatesErrorNameType,
    )

    def error_name(error_name: str | None) -> Any:
        if error_name is None or not error_name.startswith(_OWN):
            return original(error_name=error_name)
        return StatesErrorName(typ=StatesErrorNameType.from_name(error_name))

    return error_name


PATCHES = tuple(
    Patch("stepfunctions", f"{_STATES}.{module}", "CustomErrorName", _custom_error_name)
    for module in ("state_parallel.branches_decl", "state_map.iteration.iteration_worker")
)
