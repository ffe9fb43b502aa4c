"""A plan runs every load on every server, and reports what was done when it ends early."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from load_client.engine import Stop
from load_client.errors import CallError, InputError
from load_client.plan import Listener, Plan, Server, run_plan
from load_client.recorder import Progress
from load_client.report import Price, Run
from load_client.shapes import LoadShape
from load_client.target import Readiness
from tests.container.load_client.simulated import SimulatedClock, SimulatedTarget

SHAPES = (LoadShape(calls=4, warm_up_calls=0), LoadShape(calls=6, concurrency=2, warm_up_calls=0))


def server(name: str, target: SimulatedTarget | None = None) -> Server:
    target = target or SimulatedTarget(SimulatedClock(), lambda _: 0.0)
    price = Price(server=name, usd_per_hour=1.0, basis="today")
    return Server(name=name, target=target, price=price)


def plan(*servers: Server, batches: tuple[int, ...] = ()) -> Plan:
    return Plan(
        title="t",
        servers=servers,
        inputs={"X": np.zeros((1, 2))},
        shapes=SHAPES,
        batches=batches,
        ready_seconds=0,
    )


class Notes(Listener):
    """Keeps what it is told; stops the plan after so many runs."""

    def __init__(self, stop: Stop | None = None, after: int = 0) -> None:
        self.said: list[str] = []
        self._stop = stop
        self._after = after

    def waiting(self, server: Server, detail: str) -> None:
        self.said.append(f"waiting {server.name} {detail}")

    def started(self, server: Server, shape: LoadShape, batch: int) -> None:
        self.said.append(f"started {server.name} {shape.concurrency} {batch}")

    def progress(self, progress: Progress) -> None:
        self.said.append(f"progress {progress.calls}")

    def finished(self, run: Run) -> None:
        self.said.append(f"finished {run.server} {run.calls}")
        if self._stop is not None and len(self.said) // 2 == self._after:
            self._stop.ask()


def test_every_server_gets_every_batch_and_shape() -> None:
    notes = Notes()

    outcome = run_plan(plan(server("a"), server("b"), batches=(1, 8)), listener=notes)

    runs = outcome.report.runs
    assert outcome.problem is None
    assert [(run.server, run.load.batch, run.load.concurrency, run.calls) for run in runs] == [
        (name, batch, callers, calls)
        for name in ("a", "b")
        for batch in (1, 8)
        for callers, calls in ((1, 4), (2, 6))
    ]
    assert notes.said[:2] == ["started a 1 1", "finished a 4"]
    assert [price.server for price in outcome.report.prices] == ["a", "b"]


def test_only_a_servers_first_run_has_a_first_call() -> None:
    outcome = run_plan(plan(server("a"), server("b")))

    assert [run.first is not None for run in outcome.report.runs] == [True, False, True, False]


def test_batches_are_encoded_before_anything_is_measured() -> None:
    target = SimulatedTarget(SimulatedClock(), lambda _: 0.0)
    wrong = dataclasses.replace(
        plan(server("a", target), batches=(1, 2)), inputs={"S": np.array(1)}
    )

    with pytest.raises(InputError, match="a: input S has shape"):
        run_plan(wrong)

    assert target.calls == 0


class NeverReady(SimulatedTarget):
    """Has no model."""

    def ready(self) -> Readiness:
        raise CallError("http 404", "no such model")


def test_a_server_that_does_not_get_ready_ends_the_plan_with_what_was_done() -> None:
    notes = Notes()
    broken = NeverReady(SimulatedClock(), lambda _: 0.0)

    outcome = run_plan(plan(server("a"), server("b", broken), server("c")), listener=notes)

    assert {run.server for run in outcome.report.runs} == {"a"}
    assert [price.server for price in outcome.report.prices] == ["a"]
    assert "last answer: http 404: no such model" in str(outcome.problem)
    assert "waiting b http 404: no such model" in notes.said


def test_a_stop_between_runs_leaves_the_rest_out() -> None:
    stop = Stop()

    outcome = run_plan(plan(server("a"), server("b")), stop=stop, listener=Notes(stop, after=1))

    assert len(outcome.report.runs) == 1
    assert outcome.stopped
    assert not outcome.report.interrupted
