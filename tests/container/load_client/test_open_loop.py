"""Against a server that stalls for 1 s: the open loop's p99 shows it, a closed loop's does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event

import numpy as np
import pytest

from load_client.engine import Measurement, measure
from load_client.shapes import Arrivals, LoadShape
from load_client.v2_http import V2Http
from tests.container.load_client.scripted_server import Request, ScriptedServer, answer, serving

STALL_SECONDS = 1.0
RATE = 200


class StallingScript:
    """Answers at once, but nobody for 1 s, beginning with the 100th call after it was armed."""

    def __init__(self) -> None:
        self.calls = 0
        self.stalled_until = 0.0

    def __call__(self, _request: Request) -> bytes:
        self.calls += 1
        if self.calls == 100:
            self.stalled_until = time.monotonic() + STALL_SECONDS
        time.sleep(max(0.0, self.stalled_until - time.monotonic()))
        return answer()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serving(StallingScript()) as running:
        yield running


def run(server: ScriptedServer, shape: LoadShape) -> Measurement:
    target = V2Http(place=server.place, model="m")
    payload = target.encode({"X": np.ones((1, 4), np.float32)})
    return measure(target, payload, shape, first_call=False)


@pytest.mark.parametrize("arrivals", Arrivals)
def test_open_loop_p99_shows_the_stall(server: ScriptedServer, arrivals: Arrivals) -> None:
    shape = LoadShape(
        concurrency=4, rate=RATE, arrivals=arrivals, seconds=3, warm_up_calls=0, timeout_seconds=5
    )

    found = run(server, shape)

    histogram = found.recorder.histogram
    # 200 of about 600 calls should have started during the stall, and waited for its end
    assert histogram.percentile(99) > 0.9 * STALL_SECONDS * 1e9
    assert histogram.percentile(75) > 0.1 * STALL_SECONDS * 1e9
    assert found.recorder.late > 150
    assert found.recorder.dropped == 0


def test_a_naive_closed_loop_hides_the_same_stall(server: ScriptedServer) -> None:
    found = run(server, LoadShape(seconds=3, warm_up_calls=0))

    histogram = found.recorder.histogram
    assert histogram.maximum > 0.9 * STALL_SECONDS * 1e9
    assert histogram.percentile(99) < 0.1 * STALL_SECONDS * 1e9


def test_calls_in_flight_are_bounded_by_the_workers() -> None:
    gate = Event()

    def script(_request: Request) -> bytes:
        gate.wait(0.03)
        return answer()

    with serving(script) as server:
        found = run(
            server,
            LoadShape(concurrency=3, rate=100, seconds=1, timeout_seconds=10, warm_up_calls=0),
        )

        assert server.connections == 3
    assert found.recorder.histogram.count == 100
