"""What a deployment, its repetition, its failure and its way back do."""

from __future__ import annotations

import pytest

from endpoint_verification.errors import VerificationError
from tests.support.fake_endpoint import tensor_answer
from tests.support.faulty_s3 import Fault, answer
from tests.support.verification_world import SERVING, VerificationWorld

WRONG = (
    r"1 of 1 models differ: model a: output out\[0, 0\] is 5, golden is 2: differs by 3,"
    r" allowed is 0\.01"
)


def test_right_answers_let_the_deployment_pass_and_mark_the_index(
    world: VerificationWorld,
) -> None:
    world.publish(a=1, b=2)

    data = world.deploy("one", [world.golden("a", 1), world.golden("b", 2)])

    assert data == {"VerifiedCount": "2", "AskedCount": "2"}
    marks = [world.mark(name) for name in "ab"]
    assert [(mark["passed"], mark["serving"]) for mark in marks] == [(True, SERVING[:16])] * 2


def test_models_without_a_golden_are_left_alone(world: VerificationWorld) -> None:
    world.publish(a=1, silent=2)

    assert world.deploy("one", [world.golden("a", 1)])["VerifiedCount"] == "1"

    assert world.endpoint.calls == [world.key("a")]
    assert world.index["models"]["silent"]["current"]["verification"] is None


def test_only_what_changed_is_asked_again(world: VerificationWorld) -> None:
    world.publish(a=1, b=2)
    world.deploy("one", [world.golden("a", 1), world.golden("b", 2)])
    world.publish(a=1, b=3)
    world.endpoint.calls.clear()

    data = world.deploy("two", [world.golden("a", 1), world.golden("b", 3)])

    assert data == {"VerifiedCount": "2", "AskedCount": "1"}
    assert world.endpoint.calls == [world.key("b")]


@pytest.mark.parametrize("change", ["serving", "answer", "bound"])
def test_another_image_answer_or_bound_is_asked_again(
    change: str, world: VerificationWorld
) -> None:
    world.publish(a=1)
    world.deploy("one", [world.golden("a", 1)])
    golden = world.golden("a", 1.001 if change == "answer" else 1)
    if change == "bound":
        golden["latency_ms"] = 10_000
    serving = "77" * 32 if change == "serving" else SERVING

    assert world.deploy("two", [golden], Serving=serving)["AskedCount"] == "1"


def test_first_wrong_model_fails_with_nothing_to_go_back_to(world: VerificationWorld) -> None:
    world.publish(a=5)
    before = world.key("a")

    with pytest.raises(VerificationError, match=WRONG) as caught:
        world.deploy("one", [world.golden("a", 2)])

    assert "serve again" not in str(caught.value)
    assert "log group /aws/lambda/fleet" in str(caught.value)
    assert world.key("a") == before


def test_new_wrong_model_is_taken_back_to_the_proven_one_and_the_others_stay(
    world: VerificationWorld,
) -> None:
    world.publish(a=1, b=1, c=1)
    world.deploy("one", [world.golden(name, 1) for name in "abc"])
    good = {name: world.key(name) for name in "abc"}
    world.publish(a=5, b=6, c=1)
    fresh = world.key("b")

    with pytest.raises(VerificationError) as caught:
        world.deploy("two", [world.golden("a", 2), world.golden("b", 6), world.golden("c", 1)])

    assert "1 of 3 models differ: model a: output out[0, 0] is 5" in str(caught.value)
    assert "; the artifacts from before serve again: a (log: " in str(caught.value)
    assert world.key("a") == good["a"]
    assert world.key("b") == fresh
    assert world.key("c") == good["c"]
    assert world.mark("b")["passed"] is True


def test_a_proven_artifact_is_not_taken_back_because_its_golden_changed(
    world: VerificationWorld,
) -> None:
    world.publish(a=1)
    world.deploy("one", [world.golden("a", 1)])
    world.publish(a=2)
    world.deploy("two", [world.golden("a", 2)])
    key = world.key("a")

    with pytest.raises(VerificationError, match=r"is 2, golden is 9"):
        world.deploy("three", [world.golden("a", 9)])

    assert world.key("a") == key


def test_an_artifact_that_was_never_verified_is_not_gone_back_to(
    world: VerificationWorld,
) -> None:
    world.publish(a=1)
    world.publish(a=5)
    key = world.key("a")

    with pytest.raises(VerificationError, match=WRONG):
        world.deploy("one", [world.golden("a", 2)])

    assert world.key("a") == key


def test_a_model_that_was_taken_back_serves_again_once_it_passes(
    world: VerificationWorld,
) -> None:
    world.publish(a=1)
    world.deploy("one", [world.golden("a", 1)])
    world.publish(a=2)
    fresh, golden = world.key("a"), world.golden("a", 2)
    right = world.endpoint.answers[fresh]
    world.endpoint.answers[fresh] = tensor_answer(5)
    with pytest.raises(VerificationError, match=WRONG):
        world.deploy("two", [golden])
    with pytest.raises(VerificationError, match=WRONG):
        world.deploy("two again", [golden])
    assert world.key("a") != fresh
    world.endpoint.answers[fresh] = right

    assert world.deploy("three", [golden])["AskedCount"] == "1"

    assert world.key("a") == fresh


def test_deployment_that_rolls_back_asks_nothing(world: VerificationWorld) -> None:
    world.publish(a=5)
    event = world.event(world.properties([world.golden("a", 2)]), "back")
    world.endpoint.stacks = "UPDATE_ROLLBACK_IN_PROGRESS"

    assert world.run(event) == {"VerifiedCount": "0", "AskedCount": "0"}

    assert world.endpoint.calls == []


def test_a_rollback_ends_the_verification_that_it_cancelled(world: VerificationWorld) -> None:
    world.publish(a=1)
    cancelled = world.start(world.event(world.properties([world.golden("a", 1)]), "cancelled"))
    world.endpoint.stacks = "UPDATE_ROLLBACK_IN_PROGRESS"
    world.run(world.event(world.properties([world.golden("a", 1)]), "back"))

    # the endpoint is the old one by now: its answers say nothing about the new one
    with pytest.raises(VerificationError, match="a newer request took over"):
        world.look(cancelled)

    assert world.mark("a") is None


def test_nothing_keeps_a_stack_from_going_back(world: VerificationWorld) -> None:
    world.endpoint.stacks = "UPDATE_ROLLBACK_IN_PROGRESS"
    world.faults.append(Fault(operation="put_object", error=answer("AccessDenied", 403), nth=0))
    healthy = world.properties([])

    for properties in (healthy, {"TimeoutMinutes": "of another release"}):
        started = world.start(world.event(properties, "back"))

        assert started["Skip"] == "rolling back"
        assert started["PhysicalResourceId"] == "laptop-models/verification"


def test_deletion_does_nothing_even_with_broken_properties(world: VerificationWorld) -> None:
    event = world.event({"Prefix": ""}, "gone", kind="delete")

    started = world.start(event)

    assert started["PhysicalResourceId"] == "laptop-models/verification"
    assert world.look(started)["IsComplete"]
    assert world.calls == 1 and world.endpoint.calls == []


def test_late_answers_fail_by_their_best_warm_call(world: VerificationWorld) -> None:
    world.publish(a=1)
    world.endpoint.before[world.key("a")] = [world.takes(0.05)] * 9

    with pytest.raises(VerificationError) as caught:
        world.deploy("one", [world.golden("a", 1, latency_ms=20)])

    assert "answers late: 50 ms at best of 3 warm calls, 20 ms are allowed" in str(caught.value)
    # and once more, with the others out of the way
    assert len(world.endpoint.calls) == 8


def test_a_model_that_is_late_only_beside_others_passes(world: VerificationWorld) -> None:
    world.publish(a=1, b=1)
    # as if the first and the warm calls had shared the endpoint with a load
    world.endpoint.before[world.key("a")] = [world.takes(5)] * 4

    data = world.deploy("one", [world.golden("a", 1, latency_ms=900), world.golden("b", 1)])

    assert data["VerifiedCount"] == "2"
    assert world.endpoint.calls.count(world.key("a")) == 5
    assert world.endpoint.calls[-1] == world.key("a")


def test_slow_warm_calls_end_before_the_function_does(world: VerificationWorld) -> None:
    world.publish(a=1)
    world.endpoint.before[world.key("a")] = [world.takes(40)] * 99

    with pytest.raises(VerificationError, match="late: 40,000 ms at best of 2 warm calls"):
        world.deploy("one", [world.golden("a", 1, latency_ms=20, attempts=20)])


def test_a_cold_first_call_and_one_slow_warm_call_are_not_late(world: VerificationWorld) -> None:
    world.publish(a=1)
    world.endpoint.before[world.key("a")] = [world.takes(0.1)] * 2

    world.deploy("one", [world.golden("a", 1, latency_ms=80)])

    assert len(world.endpoint.calls) == 3


def test_create_passes_like_an_update(world: VerificationWorld) -> None:
    world.publish(a=1)
    event = world.event(world.properties([world.golden("a", 1)]), kind="create")

    started = world.start(event)

    assert started["PhysicalResourceId"] == "laptop-models/verification"
    assert world.look(started)["IsComplete"]
