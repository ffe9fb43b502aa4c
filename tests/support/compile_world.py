"""A fleet with a compile fleet: the handlers are real, Step Functions and Batch are doubles."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from model_fleet import failure_handler, package_handler
from model_fleet.contract import JOB_LOG_GROUP, PACKAGE_BATCH, PACKAGE_LOG_GROUP, WORK_FIELDS
from tests.support.compile_jobs import DONE, Job
from tests.support.fake_states import MACHINE, FakeExecution, FakeStates
from tests.support.faulty_s3 import Fault
from tests.support.fleet_world import PREFIX, Context, FleetWorld, Release

if TYPE_CHECKING:
    import pytest
    from mypy_boto3_s3 import S3Client

TENSORRT = {"engine": "tensorrt"}
COMPILERS = {
    f"tensorrt/{target}": {
        "queue": queue,
        "job_definition": "arn:aws:batch:us-east-1:123456789012:job-definition/tensorrt:1",
        "timeout_seconds": 7200,
    }
    for target, queue in (("cpu", "g5"),)
}
QUEUES = frozenset({"g5"})
_CALLS = 5


@dataclass
class CompileWorld(FleetWorld):
    """``jobs`` are the fates of models' jobs, each list from its front; what is left out is done.

    ``ends`` are the fates of executions; what is left out tries every item and succeeds.
    ``package_faults`` go into the S3 client of the packaging function.
    """

    fake: FakeStates = field(default_factory=FakeStates)
    jobs: dict[str, list[Job]] = field(default_factory=dict)
    ends: list[Callable[[FakeExecution], None]] = field(default_factory=list)
    package_faults: list[Fault] = field(default_factory=list)
    failure_faults: list[Fault] = field(default_factory=list)
    package_context: Callable[[], Context] = Context
    submitted: list[str] = field(default_factory=list)
    packaged: list[str] = field(default_factory=list)
    compilers: Mapping[str, Any] = field(default_factory=lambda: dict(COMPILERS))

    def __post_init__(self) -> None:
        self.states = self.fake

    def event(
        self, kind: str, release: Release, request: str = "", **changes: str
    ) -> dict[str, Any]:
        compiling = {"StateMachineArn": MACHINE, "Compilers": json.dumps(self.compilers)}
        return super().event(kind, release, request, **(compiling | changes))

    def meanwhile(self) -> None:
        """Every execution that runs comes to its end."""
        for execution in self.fake.running():
            if self.ends:
                self.ends.pop(0)(execution)
            else:
                self.work_through(execution)

    def work_through(self, execution: FakeExecution) -> None:
        """What the state machine does: both lists, every item, failures written down."""
        work = json.loads(execution.input)
        fields = {name: work[name] for name in WORK_FIELDS}
        packages, compiles = (self._list(work, f"{kind}_key") for kind in ("packages", "compiles"))
        assert (len(packages), len(compiles)) == (work["packages"], work["compiles"])
        for start in range(0, len(packages), PACKAGE_BATCH):
            self._package({"BatchInput": fields, "Items": packages[start : start + PACKAGE_BATCH]})
        for item in compiles:
            self._compile(execution, {**fields, **item})
        if execution.status == "RUNNING":
            execution.end("SUCCEEDED")

    def work_through_packages(self, execution: FakeExecution) -> None:
        """A call of the package function that began before its execution was stopped."""
        self._package(self.batch_of(execution))

    def batch_of(self, execution: FakeExecution) -> dict[str, Any]:
        """All packages of an execution as the item batcher hands them over."""
        work = json.loads(execution.input)
        fields = {name: work[name] for name in WORK_FIELDS}
        return {"BatchInput": fields, "Items": self._list(work, "packages_key")}

    def begin_jobs(self, execution: FakeExecution) -> None:
        """Every compile item's job runs, and none has ended."""
        execution.jobs.update(
            item["model"] for item in self._list(json.loads(execution.input), "compiles_key")
        )

    def finish_job(self, item: Mapping[str, Any]) -> None:
        """What a job leaves behind: the report first, the archive then, never over another."""
        report = f"{item['prefix']}reports/{item['key'].removesuffix('.tar.gz')}.json"
        self.s3.put_object(Bucket="artifacts", Key=report, Body=b"{}")
        key = f"{item['prefix']}{item['key']}"
        if item["key"] not in self.stored():
            self.s3.put_object(Bucket="artifacts", Key=key, Body=b"plan", IfNoneMatch="*")

    def publish(self, contents: Mapping[str, bytes], request: str) -> Release:
        """Publish ``compiled`` and ``packaged`` with these contents."""
        release = self.two(contents)
        self.run(self.event("update", release, request=request))
        return release

    def two(self, contents: Mapping[str, bytes]) -> Release:
        """A release of models of these names; those that begin with ``compiled`` have a recipe."""
        return self.release(
            {name: {"config.pbtxt": body, "1/x": b"x"} for name, body in contents.items()},
            recipes={name: TENSORRT for name in contents if name.startswith("compiled")},
        )

    def assert_quiet(self) -> None:
        """Nothing runs, no job or upload is left over, the index names what is there."""
        assert [each.name for each in self.fake.running()] == []
        assert [sorted(each.jobs) for each in self.fake.executions.values() if each.jobs] == []
        assert self.open_uploads() == 0
        self.assert_sound()

    def _list(self, work: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        body = self.s3.get_object(Bucket=work["bucket"], Key=work[key])["Body"].read()
        items: list[dict[str, Any]] = json.loads(body)
        return items

    def _package(self, batch: dict[str, Any]) -> None:
        """The map's child: the function again and again while something is left."""
        while batch["Items"]:
            for attempt in range(_CALLS):
                self.packaged.extend(item["model"] for item in batch["Items"])
                try:
                    client = self._faulty(self.package_faults)
                    batch = package_handler.handler(batch, self.package_context(), s3=client)
                    break
                except (Exception, SystemExit) as error:
                    if attempt == _CALLS - 1:
                        self._note("package", batch["BatchInput"], error, batch["Items"])
                        return

    def _compile(self, execution: FakeExecution, item: dict[str, Any]) -> None:
        if item["queue"] not in QUEUES:
            caught = {"Error": "NoSuchQueue", "Cause": "the compile fleet has no such queue"}
            self._caught({"step": "compile", "work": item, "error": caught})
            return
        model = item["model"]
        self.submitted.append(model)
        fates = self.jobs.get(model, [])
        job = fates.pop(0) if fates else DONE
        if job.step is not None:
            self._write_down(item, job)
        if job.archive:
            self.finish_job(item)
        if job.failed and execution.status == "RUNNING":
            caught = {"Error": job.error, "Cause": job.cause(model)}
            self._caught({"step": "compile", "work": {**item, "error": caught}, "error": caught})

    def _write_down(self, item: Mapping[str, Any], job: Job) -> None:
        body = {"model": item["model"], "step": job.step, "reason": job.reason, "log": None}
        self.s3.put_object(
            Bucket="artifacts",
            Key=f"{item['work_prefix']}failures/{item['model']}.json",
            Body=json.dumps(body).encode(),
        )

    def _note(
        self, step: str, work: Mapping[str, Any], error: BaseException, items: list[Any]
    ) -> None:
        """A function's error as Lambda tells Step Functions; a kill is no exception of ours."""
        killed = isinstance(error, SystemExit)
        name = "Runtime.ExitError" if killed else type(error).__name__
        cause = json.dumps({"errorMessage": str(error), "errorType": name})
        caught = {"Error": name, "Cause": cause}
        self._caught({"step": step, "work": work, "items": items, "error": caught})

    def _caught(self, event: dict[str, Any]) -> None:
        client = self._faulty(self.failure_faults)
        try:
            assert failure_handler.handler(event, Context(), s3=client) == {}
        except (ClientError, SystemExit, Exception):
            # the child of the map fails, which the map tolerates
            if not self.failure_faults:
                raise

    def _faulty(self, faults: list[Fault]) -> S3Client:
        kept, self.faults = self.faults, faults
        try:
            return self.client()
        finally:
            self.faults = kept


def compile_world(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> CompileWorld:
    """A world whose failure function knows the log groups that its stack gives it."""
    monkeypatch.setenv(JOB_LOG_GROUP, "/jobs")
    monkeypatch.setenv(PACKAGE_LOG_GROUP, "/package")
    return CompileWorld(s3)


def failing(status: str, error: str = "", cause: str = "") -> Callable[[FakeExecution], None]:
    """An execution that ends so, with nothing done."""
    return lambda execution: execution.end(status, error, cause)


__all__ = ["MACHINE", "PREFIX", "CompileWorld", "compile_world", "failing"]
