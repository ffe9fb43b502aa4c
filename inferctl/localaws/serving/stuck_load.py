"""Frees a load that Triton will never finish.

Triton 2.51.0 waits without end for a Python stub that is killed while it completes the model's
configuration, the first half of each load. A machine short of memory kills just then. Only a new
server process ends that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .loaded_model import stubs_of
from .model_store import StoredModel
from .supervisor import Session, Supervisor

# soon at first, to see a stub before it is killed
_FIRST_LOOK_SECONDS = 0.03
_LOOK_SECONDS = 0.25
# A stub that only completes the configuration is replaced at once by the one that serves, and the
# failure of the last stub is answered at once.
STUCK_SECONDS = 3.0
# Other members of the ensemble may still be loading, and Triton answers when all are done.
STUCK_ENSEMBLE_SECONDS = 30.0


@contextmanager
def freed_when_stuck(
    supervisor: Supervisor, session: Session, stored: StoredModel
) -> Iterator[None]:
    """Restarts the container when a stub is missing for too long inside the block."""
    done = threading.Event()
    arguments = (supervisor, session, stored, done)
    threading.Thread(target=_watch, args=arguments, name="load-watch", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _watch(
    supervisor: Supervisor, session: Session, stored: StoredModel, done: threading.Event
) -> None:
    missing: dict[str, float] = {}
    seen: set[str] = set()
    pause = _FIRST_LOOK_SECONDS
    while session.alive and not done.wait(pause):
        pause = min(pause * 1.5, _LOOK_SECONDS)
        live = {script for script, _ in stubs_of(session, stored)}
        seen |= live
        now = time.monotonic()
        missing = {script: missing.get(script, now) for script in seen - live}
        limit = STUCK_ENSEMBLE_SECONDS if live else STUCK_SECONDS
        if missing and now - min(missing.values()) > limit and not done.is_set():
            supervisor.restart(session)
