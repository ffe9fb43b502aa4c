"""Measures calls where they are made, and writes each as one line."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from model_metrics.call import ModelCall
from model_metrics.record import record


@dataclass
class Measured:
    """What the caller fills in while it is measured."""

    cold: bool | None = None
    request_bytes: int | None = None
    response_bytes: int | None = None
    error: str | None = None


def _print(line: str) -> None:
    # One write: lines of several threads must not run into each other.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def measured(
    endpoint: str,
    model: str,
    *,
    write: Callable[[str], object] = _print,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], float] = time.time,
) -> Generator[Measured]:
    """``with measured(endpoint, model) as call: ...`` around one call of a model.

    An exception is counted under its own name, and goes on. What cannot be written is dropped:
    a metric must not fail the call that it is about.
    """
    call = Measured()
    start = clock()
    try:
        yield call
    except BaseException as error:
        call.error = call.error or type(error).__name__
        raise
    finally:
        took = (clock() - start) * 1000
        _write_quietly(endpoint, model, call, took, round(now() * 1000), write)


def _write_quietly(
    endpoint: str,
    model: str,
    call: Measured,
    milliseconds: float,
    timestamp_ms: int,
    write: Callable[[str], object],
) -> None:
    try:
        line = record(
            ModelCall(
                endpoint=endpoint,
                model=model,
                milliseconds=max(milliseconds, 0.0),
                cold=call.cold,
                request_bytes=call.request_bytes,
                response_bytes=call.response_bytes,
                error=call.error,
            ),
            timestamp_ms=timestamp_ms,
        )
        write(line)
    except (OSError, ValueError) as error:
        print(f"no metric of {model!r}: {error}", file=sys.stderr)
