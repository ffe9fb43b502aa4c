"""A clock that only calls and sleeps move, and a target that takes the time it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import numpy as np

from load_client.engine import FirstCall
from load_client.report import Environment, Latencies, Load, Report, Run
from load_client.target import Answer, Connection, Payload, Readiness
from load_client.tensors import Tensors

PAYLOAD = Payload(b"")


class SimulatedClock:
    """Nanoseconds that nobody waits for; for one worker."""

    def __init__(self) -> None:
        self.time = 0

    def now(self) -> int:
        return self.time

    def sleep_until(self, moment: int, stop: Event) -> None:
        assert not stop.is_set()
        self.time = max(self.time, moment)


@dataclass
class SimulatedTarget:
    """``latency`` gives each call's seconds by its number, or raises for it."""

    clock: SimulatedClock
    latency: Callable[[int], float]
    kind: str = "simulated"
    model: str = "model"
    address: str = "simulated://here"
    calls: int = 0
    closed: int = 0
    payloads: list[Payload] = field(default_factory=list)

    def connect(self) -> Connection:
        return self

    def call(self, payload: Payload) -> Answer:
        assert payload is not None
        number, self.calls = self.calls, self.calls + 1
        try:
            self.clock.time += round(self.latency(number) * 1e9)
        except Exception:
            self.clock.time += 1_000_000
            raise
        return Answer(b"")

    def close(self) -> None:
        self.closed += 1

    def encode(self, inputs: Tensors) -> Payload:
        payload = Payload(b"".join(np.asarray(each).tobytes() for each in inputs.values()))
        self.payloads.append(payload)
        return payload

    def decode(self, answer: Answer) -> dict[str, Any]:
        return {"answer": np.frombuffer(answer.body, np.uint8)}

    def ready(self) -> Readiness:
        return Readiness(True, "simulated")


def latencies(milliseconds: float) -> Latencies:
    """Of calls that all took the same time."""
    return Latencies(
        mean_ms=milliseconds,
        minimum_ms=milliseconds,
        p50_ms=milliseconds,
        p90_ms=milliseconds,
        p95_ms=milliseconds,
        p99_ms=milliseconds,
        p999_ms=milliseconds,
        maximum_ms=milliseconds,
    )


def any_run(**changes: Any) -> Run:
    """A run of two calls of 5 ms, with whatever a test changes."""
    values: dict[str, Any] = {
        "server": "plain",
        "protocol": "v2-http",
        "address": "v2-http://h:8000",
        "model": "resnet",
        "started_at": "2026-11-21T10:00:00Z",
        "load": Load(concurrency=1, batch=1, timeout_seconds=60.0),
        "elapsed_seconds": 2.0,
        "interrupted": False,
        "client_cpu_share": 0.1,
        "first": FirstCall(milliseconds=50.0),
        "warm_up_calls": 3,
        "warm_up_errors": 0,
        "calls": 2,
        "errors": {},
        "error_messages": {},
        "late": 0,
        "dropped": 0,
        "latencies": latencies(5.0),
        "windows": (),
        "samples": ((0.5, 5.0), (1.0, 5.0)),
        "histogram": ((5_000_000, 2),),
    }
    return Run(**(values | changes))


def any_report(*runs: Run, **changes: Any) -> Report:
    """A report of the runs given."""
    values: dict[str, Any] = {
        "title": "resnet",
        "created_at": "2026-11-21T10:00:00Z",
        "environment": Environment(python="3.11.7", system="Linux 6", machine="x86_64", cpus=2),
        "runs": runs or (any_run(),),
    }
    return Report(**(values | changes))
