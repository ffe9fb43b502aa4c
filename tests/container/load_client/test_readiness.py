"""Waiting for a model: until it is available, or until the time is up, with the last answer."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from load_client.errors import CallError, NotReadyError
from load_client.readiness import version_state, wait_until_ready
from load_client.target import Readiness
from tests.container.load_client.simulated import SimulatedClock, SimulatedTarget


class LoadingTarget(SimulatedTarget):
    """Says what it is given, one answer after the other, then the last one again."""

    def __init__(self, clock: SimulatedClock, *answers: Readiness | CallError) -> None:
        super().__init__(clock, lambda _: 0.0)
        self.answers: Iterator[Readiness | CallError] = iter(answers)
        self.last: Readiness | CallError = answers[0]

    def ready(self) -> Readiness:
        self.last = next(self.answers, self.last)
        if isinstance(self.last, CallError):
            raise self.last
        return self.last


REFUSED = CallError("connect", "cannot connect to h:8501")
LOADING = Readiness(False, "version 1 LOADING OK")


def test_it_asks_again_until_the_model_is_there() -> None:
    clock = SimulatedClock()
    said: list[str] = []
    target = LoadingTarget(clock, REFUSED, LOADING, Readiness(True, "version 1 AVAILABLE OK"))

    wait_until_ready(target, seconds=60, clock=clock, progress=said.append)

    assert clock.time == 2_000_000_000
    assert said == ["connect: cannot connect to h:8501", "version 1 LOADING OK"]


@pytest.mark.parametrize("last", [REFUSED, LOADING], ids=["refused", "loading"])
def test_the_time_out_has_the_last_answer(last: Readiness | CallError) -> None:
    clock = SimulatedClock()
    text = str(last) if isinstance(last, CallError) else last.detail

    with pytest.raises(NotReadyError, match=rf"is not ready, it had 60 s; last answer: .*{text}"):
        wait_until_ready(LoadingTarget(clock, last), seconds=60, clock=clock)

    assert clock.time <= 60_000_000_000


def test_no_time_at_all_still_asks_once() -> None:
    clock = SimulatedClock()

    wait_until_ready(LoadingTarget(clock, Readiness(True, "")), seconds=0, clock=clock)


def test_a_stop_ends_the_wait() -> None:
    stop = Event()
    stop.set()

    with pytest.raises(NotReadyError, match="the wait was stopped"):
        wait_until_ready(LoadingTarget(SimulatedClock(), LOADING), seconds=60, stop=stop)


def test_one_good_version_among_others_is_enough() -> None:
    answer = {
        "model_version_status": [
            {"version": "2", "state": "LOADING", "status": {"error_code": "OK"}},
            {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK"}},
        ]
    }

    assert version_state(answer) == Readiness(True, "version 2 LOADING OK, version 1 AVAILABLE OK")
    assert version_state({}) == Readiness(False, "no version of the model is known")


@pytest.mark.parametrize("status", [5, None, [7], [{"state": "AVAILABLE", "status": 3}]], ids=str)
def test_a_status_that_is_none_is_a_protocol_error(status: object) -> None:
    with pytest.raises(CallError, match="is no model status") as caught:
        version_state({"model_version_status": status})

    assert caught.value.kind == "protocol"
