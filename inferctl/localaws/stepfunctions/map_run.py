"""Runs a Distributed Map on moto's interpreter: a bounded number of children at a time.

Each child is an execution with a history of its own that goes with it, so memory does not grow
with the number of items. Imported with the first execution, because it imports moto.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType, MapRunStatus
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramTimedOut,
)

from inferctl.localaws import clients

from . import batching
from .results import ChildResult, Outputs, ResultFiles, TooLargeError

# AWS runs 10,000; each one is some threads here, and clients keep 32 connections
MOST_CHILDREN = 32
_THRESHOLD = "The specified tolerated failure threshold was exceeded"
_TOO_LARGE = (
    "The state/task '{}' returned a result with a size exceeding the maximum number of bytes"
    " service limit."
)
_COUNTS = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timed_out"}


def evaluate(component: Any, env: Any) -> None:
    """What ``DistributedIterationComponent`` does when it is evaluated."""
    settings = env.stack.pop()
    record = settings.map_run_record
    begun = {"mapRunStartedEventDetails": {"mapRunArn": record.map_run_arn}}
    _say(env, HistoryEventType.MapRunStarted, begun)
    try:
        result = MapRun(component, env, settings, _items(env, settings)).run()
    except Exception as error:
        # moto makes States.Runtime of what is none of its own errors
        record.set_stop(status=MapRunStatus.FAILED)
        details = {"mapRunFailedEventDetails": _failure_details(error)}
        _say(env, HistoryEventType.MapRunFailed, details)
        raise
    if env.is_running():
        record.set_stop(status=MapRunStatus.SUCCEEDED)
        _say(env, HistoryEventType.MapRunSucceeded, None)
    else:
        record.set_stop(status=MapRunStatus.ABORTED)
    env.stack.append(result)


def write_results(writer: Any, env: Any) -> None:
    """What ``ResultWriter`` does when it is evaluated after a run."""
    results = env.stack.pop()
    if not env.is_running():
        env.stack.append(None)
        return
    # paths are looked up in what is on top of the stack: now the input of the state
    writer.parargs.eval(env)
    parameters = env.stack.pop()
    try:
        s3 = clients.client("s3", env.aws_execution_details.region)
        env.stack.append(results.write(s3, parameters))
    except (ClientError, KeyError) as error:
        name = StatesErrorNameType.StatesResultWriterFailed
        raise failure(env, name, f"{type(error).__name__}: {error}") from error


class MapRun:
    """One run. Errors are moto's ``FailureEventException``."""

    def __init__(self, component: Any, env: Any, settings: Any, items: list[Any]) -> None:
        self._env = env
        self._settings = settings
        self._record = settings.map_run_record
        self._program = component._get_iteration_program()
        self._total = len(items)
        self._lock = threading.Lock()
        self._children: set[Any] = set()
        self._failed_items = 0
        self._exceeded = False
        self._broken: Exception | None = None
        results = getattr(component, "writes_results", False)
        self._results = ResultFiles(self._record.map_run_arn) if results else Outputs()
        # the effective input of the state, which selectors and batch inputs look into
        self._input = env.stack[-1] if env.stack else env.states.get_input()
        self._inputs = enumerate(self._child_inputs(component, items))

    def run(self) -> Any:
        """The state's result, when every child has ended."""
        most = self._record.max_concurrency or MOST_CHILDREN
        threads = [
            threading.Thread(target=self._work, daemon=True, name="map-run")
            for _ in range(min(most, MOST_CHILDREN, self._total))
        ]
        self._record.item_counter.total.count(self._total)
        self._record.item_counter.pending.count(self._total)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not self._env.is_running():
            # stopped or out of time: nobody asks for a result
            return None
        if self._broken is not None:
            raise self._broken
        if self._exceeded:
            name = StatesErrorNameType.StatesExceedToleratedFailureThreshold
            raise failure(self._env, name, _THRESHOLD)
        try:
            return self._results.value()
        except TooLargeError as error:
            name = StatesErrorNameType.StatesStatesDataLimitExceeded
            cause = _TOO_LARGE.format(self._settings.state_name)
            raise failure(self._env, name, cause) from error

    def _child_inputs(self, component: Any, items: list[Any]) -> Iterator[tuple[int, Any]]:
        """Number of items and input of each child, made as they are needed."""
        selected = self._selected(items)
        batcher = getattr(component, "batcher", None)
        if batcher is None:
            return ((1, item) for item in selected)
        evaluated = self._evaluated(batcher)
        try:
            limits = batching.limits(evaluated)
        except ValueError as error:
            name = StatesErrorNameType.StatesRuntime
            raise failure(self._env, name, str(error)) from error
        return batching.batches(selected, limits, evaluated.get("BatchInput"))

    def _selected(self, items: list[Any]) -> Iterator[Any]:
        selector = self._settings.item_selector or self._settings.parameters
        if selector is None:
            return iter(items)
        return (self._evaluated(selector, index, item) for index, item in enumerate(items))

    def _evaluated(self, component: Any, index: int | None = None, item: Any = None) -> Any:
        frame = self._env.open_inner_frame()
        try:
            if index is not None:
                context = frame.states.context_object.context_object_data
                context["Map"] = {"Item": {"Index": index, "Value": item}}
            frame.states.reset(input_value=self._input)
            frame.stack.append(self._input)
            component.eval(frame)
            return frame.stack.pop()
        finally:
            self._env.delete_frame(frame)

    def _work(self) -> None:
        """One of the threads: child after child until there are none, or no more are wanted."""
        while True:
            try:
                with self._lock:
                    following = next(self._inputs, None) if self._wanted() else None
                if following is None:
                    return
                self._run_child(following[0], *following[1])
            except Exception as error:
                # an item that cannot be selected ends the whole run, as moto's own errors do
                with self._lock:
                    self._broken = self._broken or error
                self._abort_children()
                return

    def _wanted(self) -> bool:
        return not self._exceeded and self._broken is None and self._env.is_running()

    def _run_child(self, index: int, items: int, child_input: Any) -> None:
        record = self._record
        record.item_counter.pending.offset(-items)
        record.item_counter.running.count(items)
        record.execution_counter.total.count()
        record.execution_counter.running.count()
        child = self._child_environment(child_input)
        started = _now()
        if self._enter(child):
            try:
                self._program.eval(child)
            except RuntimeError:
                # it was told to stop before it took its first step
                if child.is_running():
                    raise
        self._leave(child)
        result = self._result(index, child, child_input, started)
        record.item_counter.running.offset(-items)
        record.execution_counter.running.offset(-1)
        for counter, size in ((record.item_counter, items), (record.execution_counter, 1)):
            getattr(counter, _COUNTS.get(result.status, "aborted")).count(size)
        if result.status == "ABORTED":
            return
        self._results.add(result)
        for counter, size in ((record.item_counter, items), (record.execution_counter, 1)):
            counter.results_written.count(size)
        if result.status != "SUCCEEDED":
            self._count_failure(items)

    def _child_environment(self, child_input: Any) -> Any:
        parent = self._env
        context = parent.states.context_object.context_object_data
        machine = context["StateMachine"]
        name = str(uuid.uuid4())
        label = self._record.map_run_arn.rpartition("/")[2].partition(":")[0]
        arn = context["Execution"]["Id"].rpartition(":")[0]
        own: Any = {
            "Execution": {
                "Id": f"{arn}/{label}:{name}",
                "Input": child_input,
                "Name": name,
                "RoleArn": context["Execution"]["RoleArn"],
                "StartTime": _now(),
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

    def _enter(self, child: Any) -> bool:
        """Make the child stop with the parent; False when that has stopped already."""
        # a state that is not running yet cannot be told to stop
        child.next_state_name = self._program.start_at.start_at_name
        with self._lock:
            self._children.add(child)
        with self._env._state_mutex:
            self._env._frames.append(child)
            return self._wanted()

    def _leave(self, child: Any) -> None:
        with self._lock:
            self._children.discard(child)
        self._env.delete_frame(child)

    def _result(self, index: int, child: Any, child_input: Any, started: str) -> ChildResult:
        context = child.states.context_object.context_object_data
        state = child.program_state()
        status, output, error, cause = "ABORTED", None, None, None
        if not self._wanted():
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
            stopped=_now(),
            status=status,
            output=output,
            error=error,
            cause=cause,
        )

    def _count_failure(self, items: int) -> None:
        """AWS fails the run as soon as either of the declared thresholds is passed."""
        count = self._record.tolerated_failure_count
        percentage = self._record.tolerated_failure_percentage
        with self._lock:
            self._failed_items += items
            over_count = self._failed_items > count
            over_percentage = self._failed_items * 100 > percentage * self._total
            # moto cannot tell a threshold of zero from one that was not declared
            if count and percentage:
                self._exceeded = over_count or over_percentage
            else:
                self._exceeded = over_count and over_percentage
        if self._exceeded:
            self._abort_children()

    def _abort_children(self) -> None:
        with self._lock:
            children = list(self._children)
        for child in children:
            child.set_stop(stop_date=datetime.now(UTC), cause=None, error=None)


def failure(env: Any, name: StatesErrorNameType, cause: str) -> FailureEventException:
    """An error of the state, which ``Retry`` and ``Catch`` see under ``name``."""
    details: Any = {"mapRunFailedEventDetails": {"error": name.to_name(), "cause": cause}}
    return FailureEventException(
        failure_event=FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=name),
            event_type=HistoryEventType.MapRunFailed,
            event_details=details,
        )
    )


def _items(env: Any, settings: Any) -> list[Any]:
    if settings.item_reader is None:
        found: list[Any] = settings.input_items
        return found
    try:
        settings.item_reader.eval(env=env)
        found = env.stack.pop()
    except FailureEventException:
        raise
    except Exception as error:
        # S3 refuses, or the object is no JSON
        name = StatesErrorNameType.StatesItemReaderFailed
        raise failure(env, name, f"{type(error).__name__}: {error}") from error
    if not isinstance(found, list):
        name = StatesErrorNameType.StatesItemReaderFailed
        raise failure(env, name, "Attempting to map over non-iterable node.")
    return found


def _failure_details(error: Exception) -> dict[str, str]:
    if not isinstance(error, FailureEventException):
        return {"error": StatesErrorNameType.StatesRuntime.to_name(), "cause": str(error)}
    pair = error.extract_error_cause_pair() or (None, None)
    return {key: value for key, value in zip(("error", "cause"), pair, strict=True) if value}


def _say(env: Any, kind: Any, details: Any) -> None:
    env.event_manager.add_event(
        context=env.event_history_context, event_type=kind, event_details=details
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
