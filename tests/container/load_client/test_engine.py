"""A run keeps the first call, the warm-up and the load apart, and holds its memory."""

from __future__ import annotations

import tracemalloc
from threading import Event, Timer

import pytest

from load_client.engine import Stop, measure
from load_client.errors import CallError
from load_client.shapes import LoadShape
from load_client.target import Answer, Connection, Payload
from tests.container.load_client.simulated import PAYLOAD, SimulatedClock, SimulatedTarget


def test_first_call_warm_up_and_load_are_kept_apart() -> None:
    clock = SimulatedClock()
    target = SimulatedTarget(
        clock, lambda number: {0: 14.0}.get(number, 1.0 if number < 4 else 0.3)
    )

    found = measure(target, PAYLOAD, LoadShape(calls=10), clock=clock)

    assert found.first is not None
    assert found.first.milliseconds == 14_000
    assert found.warm_up_calls == 3
    assert found.recorder.histogram.count == 10
    assert found.recorder.histogram.maximum == 300_000_000
    assert found.elapsed_seconds == pytest.approx(3.0)
    assert target.closed == 1


def test_a_later_run_on_the_same_server_has_no_first_call() -> None:
    clock = SimulatedClock()
    target = SimulatedTarget(clock, lambda _: 0.1)

    found = measure(
        target, PAYLOAD, LoadShape(calls=2, warm_up_calls=0), clock=clock, first_call=False
    )

    assert found.first is None
    assert (found.warm_up_calls, target.calls) == (0, 2)


def test_seconds_limit_the_load_and_not_the_warm_up() -> None:
    clock = SimulatedClock()
    target = SimulatedTarget(clock, lambda _: 0.5)

    found = measure(target, PAYLOAD, LoadShape(seconds=10), clock=clock)

    assert found.recorder.histogram.count == 20


def test_failures_are_counted_by_kind_and_not_timed() -> None:
    clock = SimulatedClock()

    def latency(number: int) -> float:
        if number % 10 == 5:
            raise CallError("http 503", "busy")
        if number % 10 == 6:
            raise CallError("timeout", "no answer")
        return 0.002

    found = measure(
        SimulatedTarget(clock, latency), PAYLOAD, LoadShape(calls=100, warm_up_calls=0), clock=clock
    )

    assert found.recorder.errors == {"http 503": 10, "timeout": 10}
    assert found.recorder.histogram.count == 80
    assert found.recorder.histogram.maximum == 2_000_000


def test_a_first_call_that_fails_says_so() -> None:
    clock = SimulatedClock()

    def latency(number: int) -> float:
        if number == 0:
            raise CallError("ModelError", "out of memory")
        return 0.002

    found = measure(SimulatedTarget(clock, latency), PAYLOAD, LoadShape(calls=1), clock=clock)

    assert found.first is not None
    assert found.first.error == "ModelError"


def test_a_refusing_server_is_not_asked_as_fast_as_it_refuses() -> None:
    clock = SimulatedClock()

    def latency(_: int) -> float:
        raise CallError("connect", "connection refused")

    found = measure(
        SimulatedTarget(clock, latency),
        PAYLOAD,
        LoadShape(seconds=1.1, warm_up_calls=0),
        clock=clock,
    )

    assert found.recorder.errors == {"connect": 100}


def test_an_unexpected_failure_of_a_worker_is_raised() -> None:
    clock = SimulatedClock()

    def latency(number: int) -> float:
        if number == 5:
            raise RuntimeError("a bug")
        return 0.1

    with pytest.raises(RuntimeError, match="a bug"):
        measure(SimulatedTarget(clock, latency), PAYLOAD, LoadShape(seconds=60), clock=clock)


def test_an_open_loop_counts_a_stall_for_every_call_that_should_have_started() -> None:
    clock = SimulatedClock()
    target = SimulatedTarget(clock, lambda number: 1.0 if number == 500 else 0.001)

    found = measure(
        target,
        PAYLOAD,
        LoadShape(rate=100, seconds=10, warm_up_calls=0),
        clock=clock,
        first_call=False,
    )

    histogram = found.recorder.histogram
    assert histogram.count == 1000
    assert histogram.percentile(95) > 500_000_000
    assert found.recorder.late > 90


def test_arrivals_that_waited_for_the_time_out_are_dropped() -> None:
    clock = SimulatedClock()
    target = SimulatedTarget(clock, lambda _: 1.0)

    found = measure(
        target,
        PAYLOAD,
        LoadShape(rate=10, seconds=10, timeout_seconds=2, warm_up_calls=0),
        clock=clock,
        first_call=False,
    )

    assert found.recorder.dropped + found.recorder.histogram.count == 100
    assert found.recorder.dropped > 80
    assert found.recorder.histogram.maximum <= 3_000_000_000


def test_an_hour_of_calls_holds_its_memory() -> None:
    clock = SimulatedClock()
    peaks: dict[int, int] = {}

    def latency(number: int) -> float:
        if number in (20_000, 340_000):
            peaks[number] = tracemalloc.get_traced_memory()[0]
        return 0.008 + (number * 7919 % 1000) * 4e-6

    tracemalloc.start()
    try:
        found = measure(
            SimulatedTarget(clock, latency), PAYLOAD, LoadShape(seconds=3600), clock=clock
        )
    finally:
        tracemalloc.stop()

    assert found.recorder.histogram.count > 350_000
    assert len(found.recorder.windows) in (120, 121)
    assert found.recorder.samples == []
    assert peaks[340_000] - peaks[20_000] < 100_000


class EarlyClock(SimulatedClock):
    """Wakes 5 ns early, as rounding can make a sleep do."""

    def sleep_until(self, moment: int, stop: Event) -> None:
        super().sleep_until(moment - 5, stop)


def test_waking_a_little_early_does_not_end_a_worker() -> None:
    clock = EarlyClock()

    found = measure(
        SimulatedTarget(clock, lambda _: 0.001),
        PAYLOAD,
        LoadShape(rate=100, seconds=1, warm_up_calls=0),
        clock=clock,
        first_call=False,
    )

    assert found.recorder.histogram.count == 100


class StuckTarget(SimulatedTarget):
    """Calls wait until the connection is closed."""

    def __init__(self) -> None:
        super().__init__(SimulatedClock(), lambda _: 0.0)
        self.let_go = Event()
        self.started = Event()

    def connect(self) -> Connection:
        return self

    def call(self, payload: Payload) -> Answer:
        self.started.set()
        self.let_go.wait(30)
        raise CallError("disconnect", f"closed with {len(payload.body)} bytes")

    def close(self) -> None:
        self.let_go.set()


def test_stopped_twice_it_does_not_wait_for_calls_in_flight() -> None:
    target, stop = StuckTarget(), Stop()

    def ask() -> None:
        target.started.wait(10)
        stop.ask()
        stop.ask()

    Timer(0, ask).start()
    found = measure(
        target, PAYLOAD, LoadShape(seconds=60, warm_up_calls=0), stop=stop, first_call=False
    )

    assert found.interrupted
    assert found.elapsed_seconds < 10


def test_stopped_before_it_began_it_measures_nothing() -> None:
    clock, stop = SimulatedClock(), Stop()
    target = SimulatedTarget(clock, lambda _: 0.1)
    stop.ask()

    found = measure(target, PAYLOAD, LoadShape(seconds=60), stop=stop, clock=clock)

    assert (target.calls, found.first, found.interrupted) == (0, None, True)
