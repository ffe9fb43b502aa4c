"""Runs a Distributed Map on moto's interpreter: a bounded number of children at a time.

Each child is an execution with a history of its own that goes with it, so memory does not grow
with the number of items. Imported with the first execution, because it imports moto.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
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

from . import batching
from .map_child import child_environment, child_result, now
from .results import Outputs, ResultFiles, TooLargeError

# AWS runs 10,000; each one is some threads here, and clients keep 32 connections
MOST_CHILDREN = 32
_THRESHOLD = "The specified tolerated failure threshold was exceeded"
_TOO_LARGE = (
    "The state/task '{}' returned a result with a size exceeding the maximum number of bytes"
    " service limit."
)
_COUNTS = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timed_out"}


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
        child = child_environment(self._env, self._record.map_run_arn, child_input)
        started = now()
        if self._enter(child):
            try:
                self._program.eval(child)
            except RuntimeError:
                # it was told to stop before it took its first step
                if child.is_running():
                    raise
        self._leave(child)
        result = child_result(index, child, child_input, started=started, wanted=self._wanted)
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
