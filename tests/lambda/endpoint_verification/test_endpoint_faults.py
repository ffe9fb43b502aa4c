"""The endpoint is busy, cold, full, gone or says no: what is asked again, and what fails."""

from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.exceptions import ReadTimeoutError

from endpoint_verification.errors import VerificationError
from endpoint_verification.round import Pace
from tests.support.fake_endpoint import ENDPOINT, failing, model_error, refusal, tensor_answer
from tests.support.verification_world import VerificationWorld

NAMES = [f"m{number}" for number in range(12)]


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


def test_a_permission_that_is_still_on_its_way_is_waited_for(world: VerificationWorld) -> None:
    world.publish(a=1)
    denied = refusal("AccessDeniedException", 403, "not authorized")
    world.endpoint.before["*"] = [failing(denied)] * 3

    assert world.deploy("one", [world.golden("a", 1)])["VerifiedCount"] == "1"


def test_a_permission_that_never_comes_ends_it_without_judging_models(
    world: VerificationWorld,
) -> None:
    world.publish(a=1)
    world.deploy("one", [world.golden("a", 1)])
    world.publish(a=2)
    denied = refusal("AccessDeniedException", 403, "not authorized")
    world.pace = replace(world.pace, first_pause=61, longest_pause=61, round=240)
    world.endpoint.before["*"] = [failing(denied)] * 9
    fresh = world.key("a")

    with pytest.raises(VerificationError, match=r"^AccessDeniedException: not authorized"):
        world.deploy("two", [world.golden("a", 2)])

    assert len(world.endpoint.calls) == 1 + 2
    assert world.key("a") == fresh


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
