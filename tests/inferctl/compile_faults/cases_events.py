"""Requests that come twice, late, or while the one before them still works."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from inferctl.localaws.http import HttpResponse

from .case import case
from .cases_jobs import LOG
from .fleet import NEW, OLD, Fleet
from .models import Tiny
from .wire import Call, Forward
from .world import until

OTHER = {**OLD, "one": Tiny(factor=4, compiled=True)}
OVER = (
    r"1 of 3 models failed.*: model one: compile failed: time is over and it still goes on"
    r" \(deploy again to join it\) \(log: execution arn:aws:states:\S+\) \(log: log group "
)


def framework(fleet: Fleet) -> tuple[str, str]:
    """What every request of this fleet to the Provider holds."""
    name = fleet.world.outputs[f"{fleet.kind}Token"].rpartition(":")[2]
    return name, f":stack/{fleet.name}/"


def twice(_call: Call, forward: Forward) -> HttpResponse:
    """Lambda delivers an event at least once."""
    forward()
    return forward()


def record(fleet: Fleet) -> list[bytes]:
    """The next request of CloudFormation, once it has come."""
    seen: list[bytes] = []

    def act(call: Call, forward: Forward) -> HttpResponse:
        seen.append(call.text[call.text.index("{") :].encode())
        return forward()

    fleet.rule("invocations", *framework(fleet), act=act)
    return seen


def deliver(fleet: Fleet, event: bytes) -> None:
    """A late duplicate; it has been answered when this returns."""
    token = fleet.world.outputs[f"{fleet.kind}Token"]
    fleet.world.client("lambda").invoke(FunctionName=token, Payload=event)
    until(lambda: not fleet.waiters() or None)


def abandon(fleet: Fleet) -> str:
    """A deployment that CloudFormation gives up while its job runs; the job's id."""
    fleet.stage(compile="pause")
    fleet.begin(fleet.release(NEW))
    fleet.paused("compile")
    fleet.give_up()
    status = fleet.end()
    assert status in ("ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
    fleet.stage()
    (job,) = fleet.jobs()
    identifier: str = job["jobId"]
    return identifier


@case(empty=True, always="duplicate Create")
def create_comes_twice(fleet: Fleet) -> None:
    fleet.rule("invocations", *framework(fleet), act=twice)
    fleet.publish(fleet.release(NEW))
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED"], 1)


@case()
def update_comes_twice(fleet: Fleet) -> None:
    fleet.rule("invocations", *framework(fleet), act=twice)
    fleet.publish(fleet.release(NEW))
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED"], 1)


@case(always="Update during a compile")
def update_comes_again_during_its_compile(fleet: Fleet) -> None:
    seen = record(fleet)
    new = fleet.release(NEW)
    fleet.stage(compile="pause")
    fleet.begin(new)
    mark = fleet.paused("compile")
    token = fleet.world.outputs["UsualToken"]
    fleet.world.client("lambda").invoke(FunctionName=token, Payload=seen[0])
    mark.unlink()
    assert fleet.end() == "UPDATE_COMPLETE"
    fleet.answers = new.answers
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED"], 1)


@case()
def update_comes_again_after_a_newer_one(fleet: Fleet) -> None:
    seen = record(fleet)
    fleet.publish(fleet.release(NEW))
    fleet.publish(fleet.release(OTHER))
    deliver(fleet, seen[0])
    assert fleet.ends() == ["SUCCEEDED"] * 2


@case(empty=True)
def create_comes_again_after_an_update(fleet: Fleet) -> None:
    seen = record(fleet)
    fleet.publish(fleet.release(NEW))
    fleet.publish(fleet.release(OTHER))
    deliver(fleet, seen[0])
    assert fleet.ends() == ["SUCCEEDED"] * 2


@case(empty=True)
def delete_of_a_former_stack_comes_again(fleet: Fleet) -> None:
    fleet.publish(fleet.release(OLD))
    seen = record(fleet)
    fleet.destroy()
    fleet.publish(fleet.release(NEW))
    deliver(fleet, seen[0])
    assert fleet.ends() == ["SUCCEEDED"]


@case()
def delete_comes_twice(fleet: Fleet) -> None:
    fleet.rule("invocations", *framework(fleet), act=twice)
    fleet.destroy()
    fleet.publish(fleet.release(NEW))


@case(always="Update during a compile")
def update_takes_over_during_a_compile(fleet: Fleet) -> None:
    old_job = abandon(fleet)
    assert fleet.ends() == ["RUNNING"]
    fleet.publish(fleet.release(OTHER))
    assert fleet.ends() == ["FAILED", "SUCCEEDED"]
    (described,) = fleet.batch.describe_jobs(jobs=[old_job])["jobs"]
    assert described["statusReason"].startswith("Terminated by Step Functions: ")


@case()
def update_joins_a_compile_that_was_abandoned(fleet: Fleet) -> None:
    abandon(fleet)
    new = fleet.releases[-1]
    fleet.begin(new)
    until(lambda: fleet.waiters() or None)
    fleet.paused("compile").unlink()
    assert fleet.end() == "UPDATE_COMPLETE"
    fleet.answers = new.answers
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED"], 1)


@case()
def update_comes_after_an_abandoned_compile_ended(fleet: Fleet) -> None:
    abandon(fleet)
    fleet.paused("compile").unlink()
    until(lambda: "RUNNING" not in fleet.ends() or None)
    fleet.assert_quiet()
    fleet.publish(fleet.releases[-1])
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED"], 1)


@case(empty=True, always="Delete during a compile")
def delete_comes_during_the_first_compile(fleet: Fleet) -> None:
    fleet.stage(compile="pause")
    fleet.begin(fleet.release(NEW))
    fleet.paused("compile")
    _, pid = fleet.running_job()
    fleet.give_up()
    assert fleet.end() == "ROLLBACK_COMPLETE"
    fleet.assert_quiet()
    assert (fleet.ends(), fleet.stored(), fleet.index()) == (["FAILED"], [], None)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
        raise AssertionError("the job's process is still there")
    fleet.stage()
    fleet.destroy()
    fleet.publish(fleet.releases[-1])


@case(always="Delete during a compile")
def delete_comes_during_a_compile(fleet: Fleet) -> None:
    abandon(fleet)
    fleet.destroy()
    fleet.assert_quiet()
    assert (fleet.ends(), fleet.stored()) == (["FAILED"], [])
    fleet.publish(fleet.releases[-1])


@case(empty=True)
def delete_comes_after_a_failed_create(fleet: Fleet) -> None:
    bad = Tiny(factor=3, compiled=True, operator="NoSuchOperator")
    fleet.fails(fleet.release({**NEW, "one": bad}), f"model one: compile failed: .*{LOG}")
    assert fleet.stored() == []
    fleet.destroy()
    fleet.publish(fleet.release(NEW))
    assert fleet.ends() == ["FAILED", "SUCCEEDED"]


@case(hurried=True, always="time is over")
def time_is_over_and_the_next_deployment_joins(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.stage(compile="pause")
    fleet.fails(new, OVER)
    assert fleet.ends() == ["RUNNING"]
    fleet.begin(new)
    until(lambda: fleet.waiters() or None)
    fleet.paused("compile").unlink()
    assert fleet.end() == "UPDATE_COMPLETE"
    fleet.answers = new.answers
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED"], 1)


@case(hurried=True)
def time_is_over_and_the_next_deployment_finds_the_archive(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.stage(compile="pause")
    fleet.fails(new, OVER)
    fleet.paused("compile").unlink()
    until(lambda: "RUNNING" not in fleet.ends() or None)
    fleet.publish(new)
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED"], 1)


@case(hurried=True)
def time_is_over_and_the_next_deployment_wants_something_else(fleet: Fleet) -> None:
    fleet.stage(compile="pause")
    fleet.fails(fleet.release(NEW), OVER)
    fleet.publish(fleet.release({**OLD, "also": Tiny(factor=6)}))
    fleet.assert_quiet()
    assert fleet.ends() == ["FAILED"]


@case(hurried=True, empty=True, always="time is over")
def time_is_over_in_the_first_deployment(fleet: Fleet) -> None:
    fleet.stage(compile="pause")
    fleet.fails(fleet.release(NEW), OVER)
    fleet.assert_quiet()
    assert (fleet.ends(), fleet.stored()) == (["FAILED"], [])
    fleet.stage()
    fleet.destroy()
    fleet.publish(fleet.release(OLD))
