"""One child execution of a Distributed Map: what it runs in, and how it ended.

Imported with the first execution, because it imports moto.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramTimedOut,
)

from .results import ChildResult


def child_environment(parent: Any, map_run_arn: str, child_input: Any) -> Any:
    """Where a child runs: its names and its history are its own, its clients the parent's."""
    context = parent.states.context_object.context_object_data
    machine = context["StateMachine"]
    name = str(uuid.uuid4())
    label = map_run_arn.rpartition("/")[2].partition(":")[0]
    arn = context["Execution"]["Id"].rpartition(":")[0]
    own: Any = {
        "Execution": {
            "Id": f"{arn}/{label}:{name}",
            "Input": child_input,
            "Name": name,
            "RoleArn": context["Execution"]["RoleArn"],
            "StartTime": now(),
        },
        "StateMachine": {
            "Id": f"{machine['Id']}/{label}",
            "Name": f"{machine['Name']}/{label}",
        },
    }
    child = Environment(
        aws_execution_details=parent.aws_execution_details,
        execution_type=parent.execution_type,
        context=own,
        event_history_context=EventHistoryContext.of_program_start(),
        cloud_watch_logging_session=None,
        activity_store=parent.activity_store,
    )
    # callbacks and nested runs are looked up through the execution that a client knows
    child.callback_pool_manager = parent.callback_pool_manager
    child.map_run_record_pool_manager = parent.map_run_record_pool_manager
    return child


def child_result(
    index: int, child: Any, child_input: Any, *, started: str, wanted: Callable[[], bool]
) -> ChildResult:
    """How a child ended; one that nobody wants any more was told to stop."""
    context = child.states.context_object.context_object_data
    state = child.program_state()
    status, output, error, cause = "ABORTED", None, None, None
    if not wanted():
        # whatever state it reached when it was told to stop
        pass
    elif isinstance(state, ProgramEnded):
        status, output = "SUCCEEDED", child.states.get_input()
    elif isinstance(state, ProgramError):
        status = "FAILED"
        error, cause = (state.error or {}).get("error"), (state.error or {}).get("cause")
    elif isinstance(state, ProgramTimedOut):
        status = "TIMED_OUT"
    return ChildResult(
        index=index,
        arn=context["Execution"]["Id"],
        name=context["Execution"]["Name"],
        machine_arn=context["StateMachine"]["Id"],
        input=child_input,
        started=started,
        stopped=now(),
        status=status,
        output=output,
        error=error,
        cause=cause,
    )


def now() -> str:
    """The time as context objects and results have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
