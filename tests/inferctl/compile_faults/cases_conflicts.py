"""Others who write the index, use the names, stop the executions, or change the platform."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.http import HttpResponse

from .case import case
from .cases_jobs import LOG, ONE
from .fleet import FUNCTION, NEW, OLD, Fleet
from .models import Tiny
from .wire import Call, Forward, first, refuse
from .world import until

SECOND = "-second"


def touch(fleet: Fleet) -> None:
    """Someone else writes the index: nothing in it changes, but its ETag."""
    key = f"{fleet.prefix}index.json"
    body = fleet.s3.get_object(Bucket=fleet.bucket, Key=key)["Body"].read()
    fleet.s3.put_object(Bucket=fleet.bucket, Key=key, Body=body + b"\n")


def ends_by_itself(fleet: Fleet, stack: str, said: str) -> None:
    """The second stack is refused, and goes without taking anything along."""
    assert fleet.end(stack) == "ROLLBACK_COMPLETE"
    message = fleet.said(stack)
    assert said in message, message
    fleet.formation.delete_stack(StackName=stack)
    until(lambda: fleet.status(stack) == "" or None)


@case(always="index conflict")
def index_is_changed_by_someone_else(fleet: Fleet) -> None:
    change = first(lambda: touch(fleet))
    fleet.rule("PUT", f"{fleet.prefix}index.json", act=change, agent=FUNCTION, after=1)
    fleet.publish(fleet.release(NEW))
    assert fleet.ends() == ["SUCCEEDED"]


@case()
def index_is_changed_by_someone_else_every_time(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    change = first(lambda: touch(fleet))
    where = f"{fleet.prefix}index.json"
    fleet.rule("PUT", where, act=change, agent=FUNCTION, after=1, times=5)
    said = r"the index of s3://\S+ changed 5 times during the publication: deploy again \(log: "
    fleet.fails(new, said)
    fleet.publish(new)
    assert fleet.ends() == ["SUCCEEDED"]


@case()
def stack_is_deployed_twice_at_once(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.stage(compile="pause")
    fleet.begin(new)
    mark = fleet.paused("compile")
    with pytest.raises(ClientError, match="IN_PROGRESS state and can not be updated"):
        fleet.begin(new)
    mark.unlink()
    assert fleet.end() == "UPDATE_COMPLETE"
    fleet.answers = new.answers
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED"], 1)


@case(always="index conflict")
def two_stacks_deploy_the_same_manifest_at_once(fleet: Fleet) -> None:
    new, second = fleet.release(NEW), fleet.name + SECOND
    fleet.stage(compile="pause")
    fleet.begin(new)
    fleet.paused("compile")
    fleet.begin(new, stack=second)
    assert fleet.end() == "UPDATE_ROLLBACK_COMPLETE"
    assert "a newer request took over fleet" in fleet.said()
    # going back, the first stack was the newer one again
    ends_by_itself(fleet, second, "a newer request took over fleet")
    fleet.assert_quiet()
    fleet.assert_answers()
    assert (fleet.ends(), len(fleet.executions())) == (["FAILED"], 1)
    fleet.stage()
    fleet.publish(new)


@case(always="index conflict")
def two_stacks_deploy_different_manifests_at_once(fleet: Fleet) -> None:
    new, other = fleet.release(NEW), fleet.release({**OLD, "also": Tiny(factor=8)})
    second = fleet.name + SECOND
    fleet.stage(compile="pause")
    fleet.begin(new)
    fleet.paused("compile")
    fleet.begin(other, stack=second)
    assert fleet.end() == "UPDATE_ROLLBACK_COMPLETE"
    # whether the second one was through before the first went back to what it had
    assert fleet.end(second) in ("CREATE_COMPLETE", "ROLLBACK_COMPLETE")
    fleet.formation.delete_stack(StackName=second)
    until(lambda: fleet.status(second) == "" or None)
    fleet.assert_quiet()
    fleet.assert_answers()
    assert fleet.ends() == ["FAILED"]
    fleet.stage()
    fleet.publish(new)


@case(always="index conflict")
def prefix_belongs_to_another_fleet(fleet: Fleet) -> None:
    second = fleet.name + SECOND
    fleet.begin(fleet.release(NEW, fleet="another"), stack=second)
    ends_by_itself(fleet, second, f"belongs to fleet '{fleet.name}', not 'another'")
    assert (fleet.ends(), fleet.executions()) == ([], [])


@case()
def name_of_the_execution_is_taken(fleet: Fleet) -> None:
    def take(call: Call, forward: Forward) -> HttpResponse:
        asked = json.loads(call.text[call.text.index("{") :])
        nothing = json.dumps({"packages": 0, "compiles": 0})
        taken = fleet.states.start_execution(**{**asked, "input": nothing})["executionArn"]
        until(
            lambda: (
                fleet.states.describe_execution(executionArn=taken)["status"] != "RUNNING" or None
            )
        )
        return forward()

    fleet.on_start(take)
    fleet.publish(fleet.release(NEW))
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED"], 2)


@case()
def execution_is_stopped_by_an_operator(fleet: Fleet) -> None:
    def stop() -> None:
        fleet.paused("compile")
        (execution,) = fleet.executions()
        arn = execution["executionArn"]
        fleet.states.stop_execution(executionArn=arn, error="Mine", cause="enough of this")

    fleet.stage(compile="pause")
    new = fleet.release(NEW)
    said = r"model one: compile failed: the execution ended ABORTED: Mine: enough of this"
    fleet.fails(new, rf"{said} \(deploy again to go on\) \(log: execution arn:", during=stop)
    fleet.assert_quiet()
    assert fleet.ends() == ["FAILED"]
    fleet.stage()
    fleet.publish(new)
    assert fleet.ends() == ["FAILED", "SUCCEEDED"]


@case()
def execution_cannot_read_its_list_once(fleet: Fleet) -> None:
    where = (f"{fleet.prefix}work/", "compiles.json")
    fleet.rule("GET", *where, act=refuse(404, "NoSuchKey"))
    fleet.publish(fleet.release(NEW))
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED"], 2)


@case()
def execution_can_never_read_its_list(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    where = (f"{fleet.prefix}work/", "compiles.json")
    gone = refuse(404, "NoSuchKey")
    rule = fleet.rule("GET", *where, act=gone, times=20, all_of_them=False)
    said = "model one: compile failed: the execution ended FAILED: .*deploy again to go on"
    fleet.fails(new, rf"{said}.*\(log: execution arn:")
    assert (fleet.ends(), len(fleet.executions())) == ([], rule.met)
    rule.times = rule.met
    fleet.publish(new)
    assert fleet.ends() == ["SUCCEEDED"]


@case()
def queue_takes_no_jobs(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.rule("submitjob", act=refuse(400, "ClientException"))
    fleet.fails(new, rf"{ONE}compile failed: Batch.ClientException: .* \(log: ")
    assert fleet.ends() == []
    fleet.publish(new)


@case(always="another")
def queue_is_unknown_to_the_machine(fleet: Fleet) -> None:
    many = {f"model-{number:02}": Tiny(factor=number, compiled=True) for number in range(10)}
    new = fleet.release({**OLD, **many})
    said = r"10 of 13 models failed.*: model model-00: compile failed: NoSuchQueue: .*; and 2 more"
    fleet.fails(new, said, queue="none-such")
    assert fleet.ends() == []


@case()
def job_definition_was_deregistered(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    gone = fleet.world.job_definition()
    fleet.batch.deregister_job_definition(jobDefinition=gone)
    said = rf"{ONE}compile failed: Batch.ClientException: .*is not active.* \(log: "
    fleet.fails(new, said, job_definition=gone)
    assert fleet.ends() == []
    fleet.publish(new)


@case()
def template_before_a_failure_is_deployed_again(fleet: Fleet) -> None:
    old = fleet.releases[0]
    fleet.publish(fleet.release(NEW))
    bad = Tiny(factor=9, compiled=True, operator="NoSuchOperator")
    fleet.fails(fleet.release({**NEW, "one": bad}), f"{ONE}compile failed: .*{LOG}")
    assert fleet.ends() == ["SUCCEEDED", "FAILED"]
    fleet.publish(old)
    fleet.publish(fleet.releases[1])
    # both archives were kept
    assert (fleet.ends(), len(fleet.executions())) == (["SUCCEEDED", "FAILED"], 2)
