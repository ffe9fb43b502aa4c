"""A plan: every server under every load, one after another, into one report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from load_client.engine import Stop, measure
from load_client.errors import InputError, LoadClientError, NotReadyError
from load_client.readiness import wait_until_ready
from load_client.recorder import Progress
from load_client.report import Price, Report, Run, run_of, this_environment, utc_now
from load_client.shapes import LoadShape
from load_client.target import Payload, Target
from load_client.tensors import Tensors, with_batch


@dataclass(frozen=True, kw_only=True)
class Server:
    """A target with the name that the report gives it."""

    name: str
    target: Target
    price: Price | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``batches`` empty sends the inputs as they are, and counts their first axis as the batch."""

    title: str
    servers: tuple[Server, ...]
    inputs: Tensors
    shapes: tuple[LoadShape, ...]
    batches: tuple[int, ...] = ()
    ready_seconds: float = 600.0


class Listener:
    """What a plan tells while it runs; override what is of interest."""

    def waiting(self, server: Server, detail: str) -> None:
        """The server was not ready when asked."""

    def started(self, server: Server, shape: LoadShape, batch: int) -> None:
        """A run begins."""

    def progress(self, progress: Progress) -> None:
        """About once a second while a run goes on."""

    def finished(self, run: Run) -> None:
        """A run is over."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The report of what was done, and what ended the plan early, if anything did."""

    report: Report
    problem: LoadClientError | None
    stopped: bool


def run_plan(plan: Plan, *, stop: Stop | None = None, listener: Listener | None = None) -> Outcome:
    """Run everything; a server that does not become ready ends the plan with what was done.

    Raises `InputError`, before the first call, when a protocol cannot carry the inputs.
    """
    stop = stop or Stop()
    listener = listener or Listener()
    created_at = utc_now()
    steps = _steps(plan)
    runs: list[Run] = []
    problem: LoadClientError | None = None
    try:
        for server, payloads in steps:
            runs.extend(_runs_of(server, payloads, plan, stop, listener))
    except NotReadyError as error:
        problem = error
    prices = tuple(server.price for server in plan.servers if server.price is not None)
    measured = {run.server for run in runs}
    report = Report(
        title=plan.title,
        created_at=created_at,
        environment=this_environment(),
        runs=tuple(runs),
        prices=tuple(price for price in prices if price.server in measured),
    )
    return Outcome(report=report, problem=problem, stopped=stop.event.is_set())


def _steps(plan: Plan) -> list[tuple[Server, list[tuple[int, Payload]]]]:
    """Each server with its payload for each batch; all encoded before anything is measured."""
    problems: list[str] = []
    steps = []
    for server in plan.servers:
        payloads = []
        for batch in plan.batches or (None,):
            try:
                inputs = plan.inputs if batch is None else with_batch(plan.inputs, batch)
                size = batch_of(inputs) if batch is None else batch
                payloads.append((size, server.target.encode(inputs)))
            except InputError as error:
                problems += [f"{server.name}: {problem}" for problem in error.problems]
        steps.append((server, payloads))
    if problems:
        raise InputError(dict.fromkeys(problems))
    return steps


def batch_of(inputs: Tensors) -> int:
    """The common size of the inputs' first axis, 1 when they have none in common."""
    sizes = {array.shape[0] if array.ndim else 1 for array in inputs.values()}
    return max(sizes.pop(), 1) if len(sizes) == 1 else 1


def _runs_of(
    server: Server,
    payloads: Sequence[tuple[int, Payload]],
    plan: Plan,
    stop: Stop,
    listener: Listener,
) -> Iterator[Run]:
    if stop.event.is_set():
        return
    wait_until_ready(
        server.target,
        seconds=plan.ready_seconds,
        stop=stop.event,
        progress=partial(listener.waiting, server),
    )
    first_call = True
    for batch, payload in payloads:
        for shape in plan.shapes:
            if stop.event.is_set():
                return
            listener.started(server, shape, batch)
            started_at = utc_now()
            measurement = measure(
                server.target,
                payload,
                shape,
                stop=stop,
                progress=listener.progress,
                first_call=first_call,
            )
            first_call = False
            run = run_of(
                measurement,
                server=server.name,
                target=server.target,
                shape=shape,
                batch=batch,
                started_at=started_at,
            )
            listener.finished(run)
            yield run
