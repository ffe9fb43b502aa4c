"""One model in the container's memory, and one load that callers wait for."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from .faults import ServingError
from .model_store import StoredModel
from .processes import STUB, DeathWatch, memory_bytes
from .supervisor import Session


@dataclass(eq=False)
class LoadedModel:
    """A model that one life of the container has loaded."""

    target: str
    stored: StoredModel
    session: Session
    load_seconds: float
    memory: int
    stubs: DeathWatch
    last_used: float = field(default_factory=time.monotonic)

    def usable(self) -> bool:
        """Whether its container and all its Python stubs live."""
        return self.session.alive and not self.stubs.any_dead()


@dataclass(eq=False)
class Load:
    """A load in progress; every waiter gets the model with one pin, or the error."""

    target: str
    waiters: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    model: LoadedModel | None = None
    error: ServingError | None = None


def observe(target: str, stored: StoredModel, session: Session, load_seconds: float) -> LoadedModel:
    """The model that the container has just loaded, with its processes and memory looked up.

    Without processes of its own (another backend, or Docker) its size on disk stands in.
    """
    pids = [pid for _, pid in stubs_of(session, stored)]
    memory = sum(memory_bytes(pid) for pid in pids) or stored.size
    return LoadedModel(target, stored, session, load_seconds, memory, DeathWatch(pids))


def stubs_of(session: Session, stored: StoredModel) -> list[tuple[str, int]]:
    """Script and process number of each live Python stub of the model."""
    inside = session.process.model_path(stored.directory) + "/"
    return [
        (word, process.pid)
        for process in session.process.processes()
        if process.program == STUB
        for word in process.arguments
        if word.startswith(inside)
    ]
