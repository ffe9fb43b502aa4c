"""What moto's interpreter asks of a Distributed Map: to run it, and to write its results.

Imported with the first execution, because it imports moto.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType, MapRunStatus
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)

from inferctl.localaws import clients

from .map_run import MapRun, failure


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
