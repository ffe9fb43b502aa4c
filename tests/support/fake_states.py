"""Step Functions as a fleet's handlers see it: executions by name, started once, stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.support.faulty_s3 import Fault

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:laptop-compile"


@dataclass
class FakeExecution:
    """One execution; ``jobs`` are the models whose job runs in it right now."""

    name: str
    input: str
    status: str = "RUNNING"
    error: str = ""
    cause: str = ""
    jobs: set[str] = field(default_factory=set)

    @property
    def arn(self) -> str:
        return f"{MACHINE.replace('stateMachine', 'execution')}:{self.name}"

    def end(self, status: str, error: str = "", cause: str = "") -> None:
        self.status, self.error, self.cause = status, error, cause
        # what the .sync integration does with the jobs of an execution
        self.jobs.clear()


@dataclass
class FakeStates:
    """Fails where a `Fault` says so; ``calls`` are operations with their arguments."""

    faults: list[Fault] = field(default_factory=list)
    executions: dict[str, FakeExecution] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    gone: bool = False
    """The state machine was deleted."""

    def running(self) -> list[FakeExecution]:
        return [each for each in self.executions.values() if each.status == "RUNNING"]

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> Mapping[str, Any]:
        return self._call(
            "start_execution",
            {"stateMachineArn": stateMachineArn, "name": name},
            lambda: self._start(name, input),
        )

    def describe_execution(self, *, executionArn: str) -> Mapping[str, Any]:
        return self._call(
            "describe_execution",
            {"executionArn": executionArn},
            lambda: self._describe(executionArn),
        )

    def stop_execution(self, *, executionArn: str, error: str, cause: str) -> object:
        return self._call(
            "stop_execution",
            {"executionArn": executionArn},
            lambda: self._stop(executionArn, error, cause),
        )

    def list_executions(
        self, *, stateMachineArn: str, statusFilter: str, **page: str
    ) -> Mapping[str, Any]:
        return self._call(
            "list_executions",
            {"stateMachineArn": stateMachineArn},
            lambda: self._list(statusFilter, page),
        )

    def _call(
        self, operation: str, arguments: Mapping[str, str], effect: Callable[[], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        self.calls.append((operation, arguments))
        fault = next((f for f in self.faults if f.hits(operation, dict(arguments))), None)
        if fault is None:
            return effect()
        fault.fired += 1
        if fault.action is not None:
            fault.action()
            return effect()
        if fault.after:
            effect()
        raise fault.error()

    def _start(self, name: str, text: str) -> Mapping[str, Any]:
        known = self.executions.get(name)
        if known is not None and (known.status != "RUNNING" or known.input != text):
            raise _refusal("ExecutionAlreadyExists", f"Execution Already Exists: {name}")
        if known is None:
            known = self.executions[name] = FakeExecution(name, text)
        return {"executionArn": known.arn}

    def _find(self, arn: str) -> FakeExecution:
        found = next((each for each in self.executions.values() if each.arn == arn), None)
        if found is None:
            raise _refusal("ExecutionDoesNotExist", f"Execution Does Not Exist: {arn}")
        return found

    def _describe(self, arn: str) -> Mapping[str, Any]:
        found = self._find(arn)
        shown = {"executionArn": arn, "name": found.name, "status": found.status}
        if found.error:
            shown |= {"error": found.error, "cause": found.cause}
        return shown | {"input": found.input}

    def _stop(self, arn: str, error: str, cause: str) -> Mapping[str, Any]:
        self._find(arn).end("ABORTED", error, cause)
        return {}

    def _list(self, status: str, page: Mapping[str, str]) -> Mapping[str, Any]:
        if self.gone:
            raise _refusal("StateMachineDoesNotExist", "State Machine Does Not Exist")
        names = sorted(each.name for each in self.executions.values() if each.status == status)
        # one to a page, so that the pages are read
        first = int(page.get("nextToken", 0))
        listed: dict[str, Any] = {"executions": [{"name": n} for n in names[first : first + 1]]}
        return listed | ({"nextToken": str(first + 1)} if len(names) > first + 1 else {})


def _refusal(code: str, message: str) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    return ClientError(response, "Injected")
