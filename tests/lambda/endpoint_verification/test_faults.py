"""What breaks: handlers, S3, goldens, the clock; and what is left standing."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from cfn_resource import EventError
from endpoint_verification.errors import VerificationError
from tests.support.fake_endpoint import failing, model_error
from tests.support.faulty_s3 import Fault, answer, killed
from tests.support.fleet_world import Context
from tests.support.verification_world import PROGRESS, VerificationWorld

NAMES = [f"m{number}" for number in range(12)]


def test_a_missing_golden_is_named(world: VerificationWorld) -> None:
    world.publish(a=1)
    golden = world.golden("a", 1)
    world.s3.delete_object(Bucket="sources", Key=str(golden["answer"].get("blob")))

    with pytest.raises(Exception, match=r"s3://sources/\w+\.blob does not exist"):
        world.deploy("one", [golden])


def test_missing_goldens_are_named(world: VerificationWorld) -> None:
    world.publish(a=1)
    properties = world.properties([world.golden("a", 1)])
    world.s3.delete_object(Bucket="sources", Key=properties["GoldensKey"])

    with pytest.raises(VerificationError, match=r"s3://sources/\w+\.json does not exist"):
        world.run(world.event(properties))


def test_changed_goldens_are_refused(world: VerificationWorld) -> None:
    world.publish(a=1)
    properties = world.properties([world.golden("a", 1)])
    world.s3.put_object(Bucket="sources", Key=properties["GoldensKey"], Body=b"{}")

    with pytest.raises(VerificationError, match="SHA-256 should be GoldensDigest"):
        world.run(world.event(properties))


def test_a_killed_handlers_successor_goes_on(world: VerificationWorld) -> None:
    world.publish(**dict.fromkeys(NAMES, 1))
    started = world.start(world.event(world.properties([world.golden(name, 1) for name in NAMES])))
    # really slow, so that there is something to save before the last has answered
    world.endpoint.before["*"] = [lambda: time.sleep(0.01)] * 99
    world.pace = replace(world.pace, save=0.004)
    world.faults.append(Fault(operation="put_object", key=PROGRESS, error=killed, nth=2))
    with pytest.raises(SystemExit):
        world.look(started)
    saved = set(world.progress["passed"])
    assert saved and saved != set(NAMES)
    asked = len(world.endpoint.calls)

    assert world.look(started)["IsComplete"]

    again = world.endpoint.calls[asked:]
    assert not {world.key(name) for name in saved} & set(again)
    assert sorted({*saved, *(key.partition("/")[0] for key in again)}) == sorted(NAMES)


@pytest.mark.parametrize("changed", [False, True])
def test_a_deployment_after_one_that_was_killed_goes_on_where_nothing_changed(
    changed: bool, world: VerificationWorld
) -> None:
    world.publish(a=1, b=1)
    properties = world.properties([world.golden("a", 1), world.golden("b", 1)])
    world.endpoint.before[world.key("b")] = [failing(model_error(507))] * 99
    world.pace = replace(world.pace, round=0.05)
    # the framework reports a handler that timed out as a failure, and CloudFormation goes back
    assert not world.look(world.start(world.event(properties, "killed")))["IsComplete"]
    assert set(world.progress["passed"]) == {"a"}
    world.endpoint.stacks = "UPDATE_ROLLBACK_IN_PROGRESS"
    world.run(world.event({**properties, "Serving": "0" * 64}, "back"))
    world.endpoint.stacks = "UPDATE_IN_PROGRESS"
    world.endpoint.before.clear()

    world.run(world.event({**properties, **({"Serving": "7" * 64} if changed else {})}, "again"))

    assert world.endpoint.calls.count(world.key("a")) == 1 + changed


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("key", ["index.json", "verification/"])
def test_killed_around_the_judgement_the_same_failure_comes_again(
    key: str, after: bool, world: VerificationWorld
) -> None:
    world.publish(a=1)
    world.deploy("one", [world.golden("a", 1)])
    good = world.key("a")
    world.publish(a=5)
    started = world.start(world.event(world.properties([world.golden("a", 2)]), "two"))
    fault = Fault(
        operation="put_object", key=key, error=killed, nth=1 if key == "index.json" else 2
    )
    fault.after = after
    world.faults.append(fault)
    with pytest.raises(SystemExit):
        world.look(started)

    for _ in range(2):
        with pytest.raises(VerificationError) as caught:
            world.look(started)

        assert "is 5, golden is 2" in str(caught.value)
        assert "serve again: a (" in str(caught.value)
        assert world.key("a") == good


def test_duplicates_of_both_events_change_nothing(world: VerificationWorld) -> None:
    world.publish(a=1)
    event = world.event(world.properties([world.golden("a", 1)]))
    world.run(event)
    index, progress = world.index, world.progress

    assert world.run(event) == {"VerifiedCount": "1", "AskedCount": "1"}

    assert len(world.endpoint.calls) == 1
    assert (world.index, world.progress) == (index, progress)


def test_an_older_request_that_outlived_its_deployment_judges_nothing(
    world: VerificationWorld,
) -> None:
    world.publish(a=1)
    world.deploy("one", [world.golden("a", 1)])
    world.publish(a=5)
    old = world.start(world.event(world.properties([world.golden("a", 2)]), "two"))
    world.deploy("three", [world.golden("a", 5)])
    index = world.index

    for event in (old, world.start(old)):
        with pytest.raises(VerificationError, match="a newer request took over"):
            world.look(event)

    assert world.index == index


def test_a_call_ends_in_time_and_the_next_goes_on(world: VerificationWorld) -> None:
    world.publish(**dict.fromkeys(NAMES, 1))
    world.context, world.pace = Context(seconds=100), replace(world.pace, round=240)
    world.endpoint.before["*"] = [world.takes(20)] * 99

    data = world.deploy("one", [world.golden(name, 1) for name in NAMES], ParallelCalls="1")

    assert data == {"VerifiedCount": "12", "AskedCount": "12"}
    # 50 of the 100 s are kept for the last answer
    assert world.calls == 4
    assert len(world.endpoint.calls) == 12


def test_a_lost_race_for_the_index_is_run_again(world: VerificationWorld) -> None:
    world.publish(a=1)
    fault = Fault(operation="put_object", key="index.json", error=answer("PreconditionFailed", 412))
    world.faults.append(fault)

    world.deploy("one", [world.golden("a", 1)])

    assert fault.fired == 1
    assert world.mark("a")["passed"] is True


def test_races_that_are_lost_again_and_again_are_run_later(world: VerificationWorld) -> None:
    world.publish(a=1)
    started = world.start(world.event(world.properties([world.golden("a", 1)])))
    lost = answer("PreconditionFailed", 412)
    world.faults.append(Fault(operation="put_object", key="index.json", error=lost, nth=0))
    assert not world.look(started)["IsComplete"]
    world.faults.clear()

    assert world.look(started)["IsComplete"]
    assert len(world.endpoint.calls) == 1


@pytest.mark.parametrize("stored", [b"{", b"[]", b'{"requests": ["one"], "of": "another release"}'])
def test_progress_that_cannot_be_read_is_begun_anew(
    stored: bytes, world: VerificationWorld
) -> None:
    world.publish(a=1)
    world.s3.put_object(Bucket="artifacts", Key=PROGRESS, Body=stored)

    assert world.deploy("one", [world.golden("a", 1)])["VerifiedCount"] == "1"


def test_a_busy_s3_is_asked_again(world: VerificationWorld) -> None:
    world.publish(a=1)
    world.faults += [
        Fault(operation="get_object", key=key, error=answer("SlowDown", 503), nth=nth)
        for key, nth in (("index.json", 1), (".blob", 1), (PROGRESS, 3))
    ]

    assert world.deploy("one", [world.golden("a", 1)])["VerifiedCount"] == "1"


def test_an_older_archive_that_someone_deleted_is_not_gone_back_to(
    world: VerificationWorld,
) -> None:
    world.publish(a=1)
    world.deploy("one", [world.golden("a", 1)])
    old = world.key("a")
    world.publish(a=5)
    world.s3.delete_object(Bucket="artifacts", Key=f"laptop-models/{old}")
    fresh = world.key("a")

    with pytest.raises(VerificationError) as caught:
        world.deploy("two", [world.golden("a", 2)])

    assert "serve again" not in str(caught.value)
    assert world.key("a") == fresh


def test_everything_wrong_with_the_properties_is_said_at_once(world: VerificationWorld) -> None:
    event = world.event({"EndpointName": "", "Prefix": "x", "TimeoutMinutes": "0"})

    with pytest.raises(VerificationError) as caught:
        world.start(event)

    assert isinstance(caught.value.__cause__, EventError)
    for name in ("EndpointName is required", "Prefix must be", "TimeoutMinutes must be"):
        assert name in str(caught.value)
