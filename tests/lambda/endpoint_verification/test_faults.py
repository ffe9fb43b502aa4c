"""What breaks: handlers, S3, the endpoint, the clock; and what is left standing."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from botocore.exceptions import ReadTimeoutError

from cfn_resource import EventError
from endpoint_verification.errors import VerificationError
from endpoint_verification.round import Pace
from tests.support.faulty_s3 import Fault, answer, killed
from tests.support.fleet_world import Context
from tests.support.verification_world import (
    ENDPOINT,
    PROGRESS,
    VerificationWorld,
    model_error,
    refusal,
    tensor_answer,
)

NAMES = [f"m{number}" for number in range(12)]


def failing(error: Exception) -> Callable[[], None]:
    """Raises, in place of an answer."""

    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize(
    "error",
    [
        refusal("ThrottlingException", 400),
        refusal("ModelNotReadyException", 429),
        refusal("InternalFailure", 500),
        refusal("ServiceUnavailable", 503),
        model_error(507, "CUDA out of memory"),
        model_error(500, "stub unhealthy"),
        model_error(0, "timed out"),
        ReadTimeoutError(endpoint_url="https://runtime.example"),
    ],
    ids=lambda error: str(error)[:40],
)
def test_passing_failures_are_asked_again(error: Exception, world: VerificationWorld) -> None:
    world.publish(a=1, b=2)
    world.endpoint.before[world.key("a")] = [failing(error)] * 3

    data = world.deploy("one", [world.golden("a", 1), world.golden("b", 2)])

    assert data["VerifiedCount"] == "2"
    assert world.endpoint.calls.count(world.key("a")) == 4


def test_a_refusal_of_the_container_fails_at_once_with_its_words(
    world: VerificationWorld,
) -> None:
    world.publish(a=1)
    world.endpoint.before[world.key("a")] = [failing(model_error(400, "unexpected shape"))]

    with pytest.raises(VerificationError, match=r"the container answered 400: unexpected shape"):
        world.deploy("one", [world.golden("a", 1)])

    assert len(world.endpoint.calls) == 1


def test_a_model_that_never_loads_is_given_up_after_its_time(world: VerificationWorld) -> None:
    world.publish(a=1, b=2)
    world.endpoint.before[world.key("a")] = [failing(model_error(507, "out of memory"))] * 99_999
    world.pace = Pace(round=0.1, save=0.02, first_pause=0.01, longest_pause=0.02, patience=30)

    with pytest.raises(VerificationError) as caught:
        world.deploy("one", [world.golden("a", 1), world.golden("b", 2)])

    assert "1 of 2 models differ: model a: gave no answer for 0 minutes" in str(caught.value)
    assert "at last: the container answered 507: out of memory" in str(caught.value)
    # 30 s of a clock that a look moves by 10
    assert world.calls == 4


def test_throttling_that_never_ends_meets_the_time_limit_and_takes_nothing_back(
    world: VerificationWorld,
) -> None:
    world.publish(a=1)
    world.deploy("one", [world.golden("a", 1)])
    world.publish(a=2)
    fresh = world.key("a")
    world.endpoint.before["*"] = [failing(refusal("ThrottlingException", 400))] * 99_999
    world.pace = Pace(round=0.03, save=0.01, first_pause=0.01, longest_pause=0.01, patience=5)

    with pytest.raises(VerificationError) as caught:
        world.deploy("two", [world.golden("a", 2)], TimeoutMinutes="2")

    assert "1 of 1 models were not verified within 2 minutes (deploy again to go on" in str(
        caught.value
    )
    assert "model a: ThrottlingException: injected" in str(caught.value)
    assert world.key("a") == fresh


def test_an_endpoint_deleted_meanwhile_ends_it_without_judging_models(
    world: VerificationWorld,
) -> None:
    world.publish(**dict.fromkeys(NAMES, 1))
    gone = refusal("ValidationError", 400, f"Endpoint {ENDPOINT} of account 1 not found.")
    world.endpoint.before["*"] = [lambda: None, *[failing(gone)] * 99]
    before = {name: world.key(name) for name in NAMES}

    with pytest.raises(
        VerificationError, match=rf"^endpoint {ENDPOINT} does not exist \(any more\)"
    ):
        world.deploy("one", [world.golden(name, 1) for name in NAMES])

    assert len(world.endpoint.calls) <= 1 + 4
    assert {name: world.key(name) for name in NAMES} == before


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


def test_a_model_that_is_not_published_fails_beside_the_good_ones(
    world: VerificationWorld,
) -> None:
    world.publish(a=1, b=1)
    goldens = [world.golden("a", 1), world.golden("b", 1)]
    world.publish(a=1)

    with pytest.raises(VerificationError, match="1 of 2 models differ: model b: is not published"):
        world.deploy("one", goldens)


def test_an_answer_that_is_no_answer_is_quoted(world: VerificationWorld) -> None:
    world.publish(a=1)
    world.endpoint.answers[world.key("a")] = b"<html>busy</html>"

    with pytest.raises(VerificationError, match="not a JSON object: '<html>busy</html>'"):
        world.deploy("one", [world.golden("a", 1)])


def test_a_killed_handlers_successor_goes_on(world: VerificationWorld) -> None:
    world.publish(**dict.fromkeys(NAMES, 1))
    started = world.start(world.event(world.properties([world.golden(name, 1) for name in NAMES])))
    slow = lambda: time.sleep(0.02)  # noqa: E731  # so that there is something to save
    world.endpoint.before["*"] = [slow] * 99
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
    world.context = Context(seconds=0.1)
    world.endpoint.before["*"] = [lambda: time.sleep(0.02)] * 99

    data = world.deploy("one", [world.golden(name, 1) for name in NAMES], ParallelCalls="1")

    assert data == {"VerifiedCount": "12", "AskedCount": "12"}
    assert 3 <= world.calls <= 12
    assert len(world.endpoint.calls) == 12


def test_a_lost_race_for_the_index_is_run_again(world: VerificationWorld) -> None:
    world.publish(a=1)
    fault = Fault(operation="put_object", key="index.json", error=answer("PreconditionFailed", 412))
    world.faults.append(fault)

    world.deploy("one", [world.golden("a", 1)])

    assert fault.fired == 1
    assert world.mark("a")["passed"] is True


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


def test_long_lists_of_failures_fit_cloudformations_response(world: VerificationWorld) -> None:
    world.publish(**dict.fromkeys(NAMES, 1))
    for name in NAMES:
        world.endpoint.answers[world.key(name)] = tensor_answer(7)

    with pytest.raises(VerificationError) as caught:
        world.deploy("one", [world.golden(name, 1) for name in NAMES])

    text = str(caught.value)
    assert "12 of 12 models differ: model m0: " in text
    assert "; and 7 more" in text
    assert len(text.encode()) <= 3000 and "\n" not in text
