"""Everything that may break while archives are compiled, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support import compile_jobs as jobs
from tests.support.compile_jobs import Job
from tests.support.compile_world import CompileWorld, failing
from tests.support.fake_states import FakeExecution
from tests.support.faulty_s3 import Fault, answer, killed, truncated

LIST = "compiles.json"
RECORD = "execution.json"
THROTTLED = answer("ThrottlingException", 400)
SLOW_DOWN = answer("SlowDown", 503)
DENIED = answer("AccessDeniedException", 400)


@dataclass(frozen=True)
class Case:
    """What breaks, and a piece of what CloudFormation is told; None when nothing should fail."""

    arrange: Callable[[CompileWorld], None]
    message: str | None


def in_s3(message: str | None, **fault: object) -> Case:
    return Case(lambda world: world.faults.append(Fault(**fault)), message)  # type: ignore[arg-type]


def in_states(message: str | None, **fault: object) -> Case:
    return Case(lambda world: world.fake.faults.append(Fault(**fault)), message)  # type: ignore[arg-type]


def in_package(message: str | None, **fault: object) -> Case:
    return Case(lambda world: world.package_faults.append(Fault(**fault)), message)  # type: ignore[arg-type]


def of_job(message: str | None, *fates: Job) -> Case:
    return Case(lambda world: world.jobs.update({"compiled": [*fates]}), message)


def of_execution(message: str | None, *ends: Callable[[FakeExecution], None]) -> Case:
    return Case(lambda world: world.ends.extend(ends), message)


def _taken(world: CompileWorld) -> None:
    """The name that the next execution would have belongs to one that has ended."""

    def end_it() -> None:
        name, text = world.fake.calls[-1][1]["name"], "{}"
        world.fake.executions.setdefault(name, FakeExecution(name, text, status="TIMED_OUT"))

    world.fake.faults.append(Fault(operation="start_execution", action=end_it))


def _other_queue(world: CompileWorld) -> None:
    world.compilers = {
        key: {**compiler, "queue": "none-such"} for key, compiler in world.compilers.items()
    }


def _silent_failure_function(world: CompileWorld) -> None:
    world.jobs["compiled"] = [jobs.OUT_OF_MEMORY]
    world.failure_faults.append(Fault(operation="put_object", error=SLOW_DOWN))


def _unreadable_failure(world: CompileWorld) -> None:
    """The job wrote half an object, and the function that adds the log never ran."""
    world.jobs["compiled"] = [Job(step="compile", reason="")]
    world.faults.append(Fault(operation="get_object", key="failures/", body=truncated))


LOG = r"\(log: log group /jobs, stream tensorrt/default/compiled-"

CASES = {
    # the work list and the record
    "throttled writing the work list": in_s3(
        None, operation="put_object", key=LIST, error=SLOW_DOWN
    ),
    "connection reset writing the work list": in_s3(None, operation="put_object", key=LIST),
    "killed before the work list is written": in_s3(
        "killed", operation="put_object", key=LIST, error=killed
    ),
    "killed after the work list was written": in_s3(
        "killed", operation="put_object", key=LIST, error=killed, after=True
    ),
    "writing the work list is denied": in_s3(
        "AccessDenied", operation="put_object", key=LIST, error=answer("AccessDenied", 403)
    ),
    "throttled writing the record": in_s3(
        None, operation="put_object", key=RECORD, error=SLOW_DOWN
    ),
    "answer lost writing the record": in_s3(None, operation="put_object", key=RECORD, after=True),
    "record written by another call meanwhile": in_s3(
        None, operation="put_object", key=RECORD, error=answer("PreconditionFailed", 412)
    ),
    "killed before the record is written": in_s3(
        "killed", operation="put_object", key=RECORD, error=killed
    ),
    "killed between the record and the start": in_s3(
        "killed", operation="put_object", key=RECORD, error=killed, after=True
    ),
    "throttled reading the record": in_s3(
        None, operation="get_object", key=RECORD, error=SLOW_DOWN
    ),
    "500 reading the record while it runs": in_s3(
        None, operation="get_object", key=RECORD, error=answer("InternalError", 500), nth=2
    ),
    "killed reading the record while it runs": in_s3(
        "killed", operation="get_object", key=RECORD, error=killed, nth=2
    ),
    # Step Functions
    "throttled StartExecution": in_states(None, operation="start_execution", error=THROTTLED),
    "throttled StartExecution five times": Case(
        lambda world: world.fake.faults.extend(
            Fault(operation="start_execution", error=THROTTLED) for _ in range(5)
        ),
        None,
    ),
    "too many executions in the account": in_states(
        None, operation="start_execution", error=answer("ExecutionLimitExceeded", 400)
    ),
    "connection reset starting": in_states(None, operation="start_execution"),
    "answer lost starting": in_states(None, operation="start_execution", after=True),
    "killed before the start": in_states("killed", operation="start_execution", error=killed),
    "killed after the start": in_states(
        "killed", operation="start_execution", error=killed, after=True
    ),
    "starting is denied": in_states(
        "starting execution .*AccessDeniedException", operation="start_execution", error=DENIED
    ),
    "name taken by an execution that ended": Case(_taken, None),
    "throttled DescribeExecution": in_states(None, operation="describe_execution", error=THROTTLED),
    "connection reset looking": in_states(None, operation="describe_execution"),
    "killed looking": in_states("killed", operation="describe_execution", error=killed),
    "looking is denied": in_states(
        "looking at execution .*AccessDeniedException",
        operation="describe_execution",
        error=DENIED,
    ),
    # jobs
    "job killed for its memory": of_job(
        f"model compiled: compile failed: OutOfMemoryError.*exit code 137 {LOG}",
        jobs.OUT_OF_MEMORY,
    ),
    "job killed by someone": of_job(
        f"compile failed: Terminated by someone, exit code 143 {LOG}", jobs.KILLED
    ),
    "spot loss": of_job(None, jobs.SPOT_ONCE),
    "spot loss on every attempt": of_job(
        f"compile failed: Host EC2 .*after 4 attempts {LOG}", jobs.SPOT_ALWAYS
    ),
    "compiler error": of_job(
        f"model compiled: compile failed: trtexec: Unsupported operator NonZero {LOG}",
        jobs.COMPILER_ERROR,
    ),
    "failed verification": of_job(
        f"model compiled: verify failed: cosine 0.31 is less than 0.999 {LOG}", jobs.WRONG_ANSWER
    ),
    "missing weights": of_job(
        f"model compiled: fetch failed: s3://sources/aa.onnx does not exist {LOG}",
        jobs.MISSING_WEIGHTS,
    ),
    "bad checksum": of_job(
        f"model compiled: fetch failed: 1/x: SHA-256 should be aa, got bb {LOG}",
        jobs.BAD_CHECKSUM,
    ),
    "full disk": of_job(
        f"model compiled: assemble failed: .*No space left on device {LOG}", jobs.FULL_DISK
    ),
    "image cannot be pulled": of_job(
        f"compile failed: CannotPullContainerError.*after 4 attempts {LOG}", jobs.NO_IMAGE
    ),
    "job out of time": of_job(
        f"compile failed: Job attempt duration exceeded timeout, exit code 137 {LOG}",
        jobs.TOO_LONG,
    ),
    "job refused by Batch": of_job(
        "compile failed: Batch.ClientException: JobDefinition x:1 is not active",
        jobs.NOT_SUBMITTED,
    ),
    "task out of time": of_job(
        "compile failed: States.Timeout: no cause was given", jobs.TIMED_OUT
    ),
    "cause cut by Step Functions": of_job(
        "compile failed: States.TaskFailed: .*JobId", jobs.CUT_CAUSE
    ),
    "job succeeds without an archive": of_job(None, jobs.NOTHING),
    "job never makes an archive": of_job(
        r"model compiled: compile failed: the execution ended SUCCEEDED \(deploy again to go on\)"
        r" \(log: execution arn:aws:states:us-east-1:123456789012:execution:laptop-compile:",
        # the first execution gets on, with the package beside the compilation
        *[jobs.NOTHING] * 4,
    ),
    "failure function throttled": Case(_silent_failure_function, None),
    "failure half written": Case(_unreadable_failure, "compile failed: s3://.* is not JSON"),
    "queue that the machine does not know": Case(
        _other_queue, "compile failed: NoSuchQueue: the compile fleet has no such queue"
    ),
    # executions
    "execution failed once": of_execution(None, failing("FAILED", "States.ItemReaderFailed", "S3")),
    "execution failed every time": of_execution(
        "the execution ended FAILED: States.ItemReaderFailed: S3 .*log: execution arn:",
        *[failing("FAILED", "States.ItemReaderFailed", "S3")] * 3,
    ),
    "execution timed out once": of_execution(None, failing("TIMED_OUT")),
    "execution stopped by someone": of_execution(
        "the execution ended ABORTED: Mine: enough .*deploy again",
        failing("ABORTED", "Mine", "enough"),
    ),
    # packaging beside the compilation
    "package function killed": in_package(
        None, operation="put_object", key="packaged/", error=killed
    ),
    "package function killed every time, so that the handler packages itself": in_package(
        None, operation="put_object", key="packaged/", error=killed, nth=0
    ),
    "package function throttled": in_package(
        None, operation="put_object", key="packaged/", error=SLOW_DOWN
    ),
    "source pack hidden from the package function": in_package(
        None, operation="get_object", key=".pack", error=answer("NoSuchKey", 404), nth=0
    ),
    # the index
    "index write conflict": in_s3(
        None,
        operation="put_object",
        key="index.json",
        error=answer("ConditionalRequestConflict", 409),
        nth=2,
    ),
    "killed before the index is written": in_s3(
        "killed", operation="put_object", key="index.json", error=killed, nth=2
    ),
    "killed after the index was written": in_s3(
        "killed", operation="put_object", key="index.json", error=killed, nth=2, after=True
    ),
}
