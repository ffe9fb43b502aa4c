"""Waiting until a model can be called, as the article does: ask, look, ask again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event
from typing import Any

from load_client.clock import Clock, SystemClock
from load_client.errors import PROTOCOL, CallError, NotReadyError
from load_client.target import Readiness, Target


def version_state(answer: Mapping[str, Any]) -> Readiness:
    """TensorFlow Serving's model status: a version is AVAILABLE and its error code is OK.

    Raises `CallError` of kind ``protocol`` for anything else.
    """
    items = answer.get("model_version_status", [])
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and isinstance(item.get("status", {}), dict) for item in items
    ):
        raise CallError(PROTOCOL, f"the answer is no model status: {str(answer)[:200]}")
    seen = []
    ready = False
    for item in items:
        status = item.get("status", {})
        code = status.get("error_code", "OK")
        seen.append(f"version {item.get('version')} {item.get('state')} {code}")
        if message := status.get("error_message"):
            seen[-1] += f" ({message})"
        ready = ready or (item.get("state") == "AVAILABLE" and code == "OK")
    return Readiness(ready, ", ".join(seen) or "no version of the model is known")


def wait_until_ready(
    target: Target,
    *,
    seconds: float,
    poll_seconds: float = 1.0,
    stop: Event | None = None,
    clock: Clock | None = None,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Return when the model can be called; raises `NotReadyError` with the last answer."""
    clock = clock or SystemClock()
    stop = stop or Event()
    started = clock.now()
    while True:
        try:
            state = target.ready()
        except CallError as error:
            state = Readiness(False, f"{error.kind}: {error}")
        if state.ready:
            return
        if progress is not None:
            progress(state.detail)
        waited = (clock.now() - started) / 1e9
        if stop.is_set() or waited + poll_seconds > seconds:
            why = "the wait was stopped" if stop.is_set() else f"it had {seconds:g} s"
            raise NotReadyError(
                f"model {target.model} at {target.address} is not ready, {why};"
                f" last answer: {state.detail}"
            )
        clock.sleep_until(clock.now() + round(poll_seconds * 1e9), stop)
