"""Executions of the fleet's state machine: named, started once, joined, looked at, stopped.

A name that a running execution has with the same input starts nothing and is joined, and a name
whose execution has ended is refused for 90 days:
docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NotRequired, Protocol, TypedDict

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from model_fleet.errors import StatesError

# docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
_TRANSIENT_CODES: Final = frozenset(
    {
        *("Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"),
        *("ServiceUnavailable", "ServiceUnavailableException", "InternalFailure", "InternalError"),
        # as many executions run as the account may have; later one of them has ended
        *("ExecutionLimitExceeded", "KmsThrottlingException", "ConflictException"),
    }
)
_NO_SUCH_EXECUTION: Final = "ExecutionDoesNotExist"
_NO_SUCH_MACHINE: Final = frozenset({"StateMachineDoesNotExist", "StateMachineDeleting"})
_NAME_TAKEN: Final = "ExecutionAlreadyExists"
RUNNING: Final = "RUNNING"
ABORTED: Final = "ABORTED"

_log = logging.getLogger(__name__)


class StatesClient(Protocol):
    """The calls of boto3's Step Functions client that a fleet makes."""

    def start_execution(
        self, *, stateMachineArn: str, name: str, input: str
    ) -> Mapping[str, Any]: ...

    def describe_execution(self, *, executionArn: str) -> Mapping[str, Any]: ...

    def stop_execution(self, *, executionArn: str, error: str, cause: str) -> object: ...

    def list_executions(
        self, *, stateMachineArn: str, statusFilter: str, **page: str
    ) -> Mapping[str, Any]: ...


class WorkInput(TypedDict):
    """The input of an execution; both handlers and every job get these fields."""

    fleet: str
    bucket: str
    prefix: str
    source_bucket: str
    manifest_key: str
    manifest_digest: str
    source_pack_key: str
    packages_key: str
    compiles_key: str
    work_prefix: str
    """Of this very execution: failures lie in ``failures/`` below it."""
    packages: NotRequired[int]
    compiles: NotRequired[int]


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One execution as DescribeExecution shows it."""

    arn: str
    status: str
    reason: str
    prefix: str
    """Of the fleet that it works for."""

    @property
    def running(self) -> bool:
        """Whether it still does something."""
        return self.status == RUNNING


def execution_name(manifest_digest: str, work_digest: str, attempt: int) -> str:
    """The name of the ``attempt``-th execution of some work for a manifest."""
    return f"{manifest_digest[:16]}-{work_digest[:16]}-{attempt}"


class Machine:
    """The state machine of one compile fleet. Methods raise `StatesError`."""

    def __init__(self, states: StatesClient, arn: str) -> None:
        self.arn = arn
        self._states = states

    def start(self, name: str, work: WorkInput) -> bool:
        """Start or join the execution ``name``; False when one of that name has ended."""
        try:
            with _states_errors(f"starting execution {name}"):
                self._states.start_execution(
                    stateMachineArn=self.arn, name=name, input=json.dumps(work, sort_keys=True)
                )
        except StatesError as error:
            if error.code != _NAME_TAKEN:
                raise
            found = self.look(name)
            return found is not None and found.running
        _log.info("started or joined execution %s", self.arn_of(name))
        return True

    def look(self, name: str) -> Execution | None:
        """The execution ``name``, None when there is none (any more)."""
        arn = self.arn_of(name)
        try:
            with _states_errors(f"looking at execution {name}"):
                found = self._states.describe_execution(executionArn=arn)
        except StatesError as error:
            if error.code == _NO_SUCH_EXECUTION:
                return None
            raise
        return Execution(
            arn=arn,
            status=found["status"],
            reason=": ".join(
                part for part in (found.get("error", ""), found.get("cause", "")) if part
            ),
            prefix=_prefix_of(found.get("input", "")),
        )

    def stop(self, name: str, why: str) -> bool:
        """Stop an execution, and with it its jobs; whether there was something to stop."""
        execution = self.look(name)
        if execution is None or not execution.running:
            return False
        with _states_errors(f"stopping execution {name}"):
            self._states.stop_execution(executionArn=execution.arn, error="Superseded", cause=why)
        _log.info("stopped execution %s: %s", execution.arn, why)
        return True

    def running_for(self, prefix: str) -> Sequence[str]:
        """Names of the executions that run for the fleet at ``prefix``; none without a machine."""
        names: list[str] = []
        page: dict[str, str] = {}
        while True:
            try:
                with _states_errors("listing executions"):
                    listed = self._states.list_executions(
                        stateMachineArn=self.arn, statusFilter=RUNNING, **page
                    )
            except StatesError as error:
                if error.code in _NO_SUCH_MACHINE:
                    return []
                raise
            names.extend(item["name"] for item in listed["executions"])
            if not listed.get("nextToken"):
                break
            page = {"nextToken": listed["nextToken"]}
        return [name for name in names if self._runs_for(name, prefix)]

    def arn_of(self, name: str) -> str:
        """The ARN of the execution ``name``."""
        return f"{self.arn.replace(':stateMachine:', ':execution:', 1)}:{name}"

    def _runs_for(self, name: str, prefix: str) -> bool:
        # what a list says of an execution may be seconds old
        execution = self.look(name)
        return execution is not None and execution.running and execution.prefix == prefix


def _prefix_of(text: str) -> str:
    try:
        return str(json.loads(text)["prefix"])
    except (ValueError, KeyError, TypeError):
        # someone started it by hand, with an input of their own
        return ""


@contextmanager
def _states_errors(action: str) -> Generator[None]:
    try:
        yield
    except ClientError as error:
        detail = error.response.get("Error", {})
        code = detail.get("Code", "Unknown")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        raise StatesError(
            f"{action}: {code}: {detail.get('Message', '')}",
            code=code,
            transient=code in _TRANSIENT_CODES or status == 429 or status >= 500,
        ) from error
    except (HTTPClientError, NoConnectionError) as error:
        name = type(error).__name__
        raise StatesError(f"{action}: {name}: {error}", code=name, transient=True) from error
