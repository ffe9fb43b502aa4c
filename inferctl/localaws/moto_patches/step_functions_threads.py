"""moto keeps every thread of every state that it ever ran, in a list that nobody reads.

Ten thousand items of a map are some fifty thousand threads.
"""

from __future__ import annotations

from typing import Any

from .patch import Patch

_PARSER = "moto.stepfunctions.parser"
_STATES = f"{_PARSER}.asl.component.state.exec"
_MODULES = (
    f"{_PARSER}.asl.component.program.program",
    f"{_PARSER}.backend.execution_worker",
    f"{_STATES}.execute_state",
    f"{_STATES}.state_map.iteration.inline_iteration_component",
    f"{_STATES}.state_parallel.branch_worker",
    f"{_STATES}.state_task.service.state_task_service_callback",
)


class _Nowhere:
    """Takes threads and keeps none."""

    def append(self, _thread: Any) -> None:
        """Forget it."""


def _threads(_original: Any) -> _Nowhere:
    return _Nowhere()


PATCHES = tuple(Patch("stepfunctions", module, "TMP_THREADS", _threads) for module in _MODULES)
