"""Measures calls where they are made, and writes each as one line."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from model_metrics.call import LONGEST_ERROR, ModelCall
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
    own_series: bool = True,
) -> Generator[Measured]:
    """``with measured(endpoint, model) as call: ...`` around one call of a model.

    An exception is counted under its own name, and goes on. What cannot be written is dropped:
    a metric must not fail the call that it is about. ``own_series`` is that of ``record``.
    """
    call = Measured()
    start = clock()
    try:
        yield call
    except BaseException as error:
        call.error = call.error or type(error).__name__
        raise
    finally:
        took = max((clock() - start) * 1000, 0.0)
        try:
            seen = _seen(endpoint, model, call, took)
            write(record(seen, timestamp_ms=round(now() * 1000), own_series=own_series))
        except Exception as problem:
            # a size that is no number, or a writer of the caller's own, which may raise anything
            with suppress(OSError, ValueError):
                print(f"no metric of {model!r}: {problem}", file=sys.stderr)


def _seen(endpoint: str, model: str, call: Measured, milliseconds: float) -> ModelCall:
    return ModelCall(
        endpoint=endpoint,
        model=model,
        milliseconds=milliseconds,
        cold=call.cold,
        request_bytes=call.request_bytes,
        response_bytes=call.response_bytes,
        # often the text of an exception, which has no limit
        error=str(call.error)[:LONGEST_ERROR] if call.error else None,
    )
