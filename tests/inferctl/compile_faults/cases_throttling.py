"""Services that are busy, or whose answers get lost: nobody is told, and nothing is done twice."""

from __future__ import annotations

from .case import case
from .fleet import FUNCTION, JOB, NEW, Fleet
from .wire import lose_answer, refuse

# botocore repeats a call five times before a handler or a job hears of it, and once for the machine
_TRIES = 6
_OF_MACHINE = 2
THROTTLED = refuse(400, "ThrottlingException")
SLOW_DOWN = refuse(503, "SlowDown")


def goes_through(fleet: Fleet, *, attempts: int = 1, executions: int = 1) -> None:
    """One deployment, one job."""
    fleet.publish(fleet.releases[-1])
    assert (fleet.ends(), fleet.attempts()) == (["SUCCEEDED"], [attempts])
    assert len(fleet.executions()) == executions, fleet.executions()


@case(always="throttled StartExecution")
def start_execution_is_throttled(fleet: Fleet) -> None:
    fleet.release(NEW)
    fleet.on_start(THROTTLED, times=_TRIES)
    goes_through(fleet)


@case(always="throttled StartExecution")
def too_many_executions_run_in_the_account(fleet: Fleet) -> None:
    fleet.release(NEW)
    fleet.on_start(refuse(400, "ExecutionLimitExceeded"))
    goes_through(fleet)


@case(always="throttled StartExecution")
def answer_of_start_execution_is_lost(fleet: Fleet) -> None:
    fleet.release(NEW)
    fleet.on_start(lose_answer)
    goes_through(fleet)


@case()
def start_execution_is_denied(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.on_start(refuse(400, "AccessDeniedException"))
    said = rf"starting execution {new.digest[:16]}\S+: AccessDeniedException: .*\(log: log group "
    fleet.fails(new, said)
    assert (fleet.ends(), fleet.executions()) == ([], [])
    fleet.publish(new)


@case()
def describe_execution_is_throttled(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.rule("DescribeExecution", new.digest[:16], act=THROTTLED, times=2, agent=FUNCTION)
    goes_through(fleet)


@case()
def submit_job_is_throttled(fleet: Fleet) -> None:
    fleet.release(NEW)
    fleet.rule("submitjob", act=refuse(429, "TooManyRequestsException"), times=2 * _OF_MACHINE)
    goes_through(fleet)


@case()
def batch_has_an_error_of_its_own(fleet: Fleet) -> None:
    fleet.release(NEW)
    fleet.rule("submitjob", act=refuse(500, "ServerException"), times=2 * _OF_MACHINE)
    goes_through(fleet)


@case()
def too_many_functions_run_in_the_account(fleet: Fleet) -> None:
    fleet.release(NEW)
    name = fleet.function("Package").rpartition(":")[2]
    busy = refuse(429, "TooManyRequestsException")
    fleet.rule("invocations", fleet.prefix, name, act=busy, times=_OF_MACHINE)
    goes_through(fleet)


@case()
def s3_is_busy_when_the_list_of_work_is_written(fleet: Fleet) -> None:
    fleet.release(NEW)
    where = (f"{fleet.prefix}work/", "compiles.json")
    fleet.rule("PUT", *where, act=SLOW_DOWN, times=2, agent=FUNCTION)
    goes_through(fleet)


@case()
def s3_is_busy_when_the_package_function_writes(fleet: Fleet) -> None:
    fleet.release(NEW)
    where = (f"{fleet.prefix}also/", ".tar.gz")
    fleet.rule("PUT", *where, act=SLOW_DOWN, times=_TRIES, agent=FUNCTION)
    goes_through(fleet)


@case()
def s3_is_busy_when_the_job_reads(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.rule("GET", new.pack_key, act=SLOW_DOWN, times=_TRIES, agent=JOB)
    goes_through(fleet, attempts=2)


@case()
def answer_is_lost_when_the_job_writes_its_archive(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    where = (f"{fleet.prefix}one/", new.digests["one"][:16])
    fleet.rule("PUT", *where, act=lose_answer, agent=JOB)
    goes_through(fleet)


@case()
def answer_is_lost_when_the_index_is_written(fleet: Fleet) -> None:
    fleet.release(NEW)
    fleet.rule("PUT", f"{fleet.prefix}index.json", act=lose_answer, agent=FUNCTION, after=1)
    goes_through(fleet)


@case()
def answer_is_lost_when_the_record_is_written(fleet: Fleet) -> None:
    fleet.release(NEW)
    where = f"{fleet.prefix}work/execution.json"
    fleet.rule("PUT", where, act=lose_answer, agent=FUNCTION)
    goes_through(fleet)
