"""Executions of moto that are stopped, and histories in pages.

Imported with the first execution, because it imports moto.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramRunning
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

_START_SECONDS = 30.0
_LOOK_SECONDS = 0.002
_PAGE = 1000
# of an execution's end: it ends by itself, or it is stopped, never both
_ending = threading.Lock()


def stop(execution: Any, *, error: str | None = None, cause: str | None = None) -> None:
    """Abort a running execution with all that it waits for; nothing happens to one that ended."""
    with _ending:
        if execution.exec_status != ExecutionStatus.RUNNING:
            return
        execution.exec_status = ExecutionStatus.ABORTED
        execution.stop_date = datetime.now(UTC)
        execution.error, execution.cause = error, cause
    env = _running_environment(execution)
    if env is None:
        return
    details = {
        key: value for key, value in (("error", error), ("cause", cause)) if value is not None
    }
    event: Any = {"executionAbortedEventDetails": details}
    env.event_history_context.source_event_id = 0
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.ExecutionAborted,
        event_details=event,
    )
    # what is under way ends in its own time, and is no part of the history any more
    env.event_manager.closed = True
    env.set_stop(stop_date=execution.stop_date, cause=cause, error=error)


def stop_all() -> None:
    """Abort every running execution of every account and region."""
    for account in stepfunctions_parser_backends.values():
        for backend in account.values():
            for machine in backend.state_machines:
                for execution in machine.executions:
                    stop(execution, cause="the embedded AWS is shutting down")


def reflect(communication: Any, original: Any) -> None:
    """Tell how an execution ended, unless it was stopped before."""
    execution = communication.execution
    with _ending:
        if execution.exec_status == ExecutionStatus.ABORTED:
            return
        env = execution.exec_worker.env
        if isinstance(env.program_state(), ProgramEnded):
            # before the status, which clients wait for
            execution.output = env.states.get_input()
        original(communication)


def history_page(
    events: list[Any],
    *,
    most: int | None,
    token: str | None,
    reverse: bool,
    with_data: bool,
) -> dict[str, Any]:
    """A page of a history; the token is the index of the next event."""
    ordered = events[::-1] if reverse else events
    start, size = int(token or 0), most or _PAGE
    page = ordered[start : start + size]
    answer: dict[str, Any] = {"events": page if with_data else [_bare(one) for one in page]}
    if start + size < len(ordered):
        answer["nextToken"] = str(start + size)
    return answer


def _bare(event: Any) -> dict[str, Any]:
    """An event without inputs and outputs."""
    return {
        key: (
            {name: item for name, item in value.items() if name not in ("input", "output")}
            if isinstance(value, dict)
            else value
        )
        for key, value in event.items()
    }


def _running_environment(execution: Any) -> Any:
    """Where the execution runs; it takes a moment after its start, and may never come."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        env = execution.exec_worker.env
        state = env._program_state if env is not None else None
        if isinstance(state, ProgramRunning):
            return env
        if state is not None:
            return None
        time.sleep(_LOOK_SECONDS)
    return None
