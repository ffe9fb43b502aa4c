"""Functions that die in the middle of a call, as they do when their memory is used up."""

from __future__ import annotations

from .case import case
from .cases_jobs import LOG, ONE
from .fleet import FUNCTION, NEW, Fleet
from .models import Tiny
from .wire import instead, then

# nothing of ours is left to say more: this is what the framework makes of it
DIED = r"Runtime exited with error: signal 9\s+Logs: /aws/lambda/\S+"


def is_taken_up(fleet: Fleet, handler: str, *, jobs: int, executions: int) -> None:
    """The deployment fails with its function, the next one goes on from there."""
    new = fleet.releases[-1]
    fleet.fails(new, DIED)
    fleet.publish(new)
    assert fleet.ends() == ["SUCCEEDED"] * jobs
    assert len(fleet.executions()) == executions
    assert handler in fleet.function(handler)


@case(always="killed handler before start")
def handler_dies_before_the_request_is_registered(fleet: Fleet) -> None:
    fleet.release(NEW)
    kill = instead(lambda: fleet.kill("OnEvent"))
    fleet.rule("PUT", f"{fleet.prefix}index.json", agent=FUNCTION, act=kill)
    is_taken_up(fleet, "OnEvent", jobs=1, executions=1)


@case()
def handler_dies_after_the_request_was_registered(fleet: Fleet) -> None:
    fleet.release(NEW)
    kill = then(lambda: fleet.kill("OnEvent"))
    fleet.rule("PUT", f"{fleet.prefix}index.json", agent=FUNCTION, act=kill)
    is_taken_up(fleet, "OnEvent", jobs=1, executions=1)


@case()
def handler_dies_before_the_list_of_work_is_written(fleet: Fleet) -> None:
    fleet.release(NEW)
    kill = instead(lambda: fleet.kill("IsComplete"))
    fleet.rule("PUT", f"{fleet.prefix}work/", "compiles.json", agent=FUNCTION, act=kill)
    is_taken_up(fleet, "IsComplete", jobs=1, executions=1)


@case(always="killed handler before start")
def handler_dies_between_the_record_and_the_start(fleet: Fleet) -> None:
    fleet.release(NEW)
    kill = then(lambda: fleet.kill("IsComplete"))
    fleet.rule("PUT", f"{fleet.prefix}work/execution.json", agent=FUNCTION, act=kill)
    is_taken_up(fleet, "IsComplete", jobs=1, executions=1)


@case(always="killed handler before start")
def handler_dies_before_start_execution(fleet: Fleet) -> None:
    fleet.release(NEW)
    fleet.on_start(instead(lambda: fleet.kill("IsComplete")))
    is_taken_up(fleet, "IsComplete", jobs=1, executions=1)


@case(always="killed handler after start")
def handler_dies_after_start_execution(fleet: Fleet) -> None:
    fleet.release(NEW)
    fleet.on_start(then(lambda: fleet.kill("IsComplete")))
    is_taken_up(fleet, "IsComplete", jobs=1, executions=1)


@case()
def handler_dies_while_it_looks_at_the_execution(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    kill = instead(lambda: fleet.kill("IsComplete"))
    fleet.rule("DescribeExecution", new.digest[:16], agent=FUNCTION, act=kill)
    is_taken_up(fleet, "IsComplete", jobs=1, executions=1)


@case(always="killed handler after start")
def handler_dies_before_the_index_is_written(fleet: Fleet) -> None:
    fleet.release(NEW)
    kill = instead(lambda: fleet.kill("IsComplete"))
    fleet.rule("PUT", f"{fleet.prefix}index.json", agent=FUNCTION, act=kill, after=1)
    is_taken_up(fleet, "IsComplete", jobs=1, executions=1)


@case(always="killed handler after start")
def handler_dies_after_the_index_was_written(fleet: Fleet) -> None:
    fleet.release(NEW)
    kill = then(lambda: fleet.kill("IsComplete"))
    fleet.rule("PUT", f"{fleet.prefix}index.json", agent=FUNCTION, act=kill, after=1)
    is_taken_up(fleet, "IsComplete", jobs=1, executions=1)


@case(empty=True)
def handler_dies_in_the_first_deployment(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.on_start(then(lambda: fleet.kill("IsComplete")))
    fleet.fails(new, DIED)
    assert fleet.stored() == []
    fleet.destroy()
    fleet.publish(new)
    # the rollback stopped the first one with its execution
    assert fleet.ends()[-1] == "SUCCEEDED"


@case()
def package_function_dies_once(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    kill = instead(lambda: fleet.kill("Package"))
    fleet.rule("PUT", f"{fleet.prefix}also/", ".tar.gz", agent=FUNCTION, act=kill)
    fleet.publish(new)
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED"], 1)


@case(always="another")
def failure_function_dies_once(fleet: Fleet) -> None:
    bad = fleet.release({**NEW, "one": Tiny(factor=3, compiled=True, operator="NoSuchOperator")})
    kill = instead(lambda: fleet.kill("Failure"))
    fleet.rule("PUT", f"{fleet.prefix}work/", "failures/one.json", agent=FUNCTION, act=kill)
    fleet.fails(bad, f"{ONE}compile failed: .*{LOG}")
    assert fleet.ends() == ["FAILED"]
