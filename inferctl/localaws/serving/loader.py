"""Loads and unloads models in the container, whatever state an earlier failure left it in."""

from __future__ import annotations

import time
from collections.abc import Callable

from .container_api import LOAD_SECONDS
from .faults import ServiceUnavailableError, ServingError
from .loaded_model import LoadedModel, observe
from .model_store import StoredModel
from .stuck_load import freed_when_stuck
from .supervisor import Session, Supervisor
from .wire import ConnectionLostError, Reply, ReplyTimeoutError, stub_died

_UNLOAD_SECONDS = 20.0
# A model whose stub was killed unloads in 2 s, or hangs for good once a request has noticed.
_REMNANT_SECONDS = 4.0
_ATTEMPTS = 4


class LoadRefusedError(ServingError):
    """The container answered a load with an error; the endpoint makes a ModelError of it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class Loader:
    """Stateless; several threads load different models at once."""

    def __init__(self, supervisor: Supervisor, *, give_up_one: Callable[[str], bool]) -> None:
        self._supervisor = supervisor
        self._give_up_one = give_up_one

    def load(self, target: str, stored: StoredModel) -> LoadedModel:
        """Raises `LoadRefusedError` and `ServiceUnavailableError`."""
        failures = 0
        while failures < _ATTEMPTS:
            session = self._supervisor.session(time.monotonic() + LOAD_SECONDS)
            started = time.monotonic()
            try:
                with freed_when_stuck(self._supervisor, session, stored):
                    reply = session.api.load(
                        name=stored.name,
                        path=session.process.model_path(stored.directory),
                        target=target,
                    )
                if reply.status == 200:
                    return observe(target, stored, session, time.monotonic() - started)
                if reply.status == 507:
                    if self._give_up_one(target):
                        continue
                    raise LoadRefusedError(reply)
                if reply.status == 409:
                    self._clear(session, target, stored)
                elif not (stub_died(reply) and failures == 0):
                    raise LoadRefusedError(reply)
            except ConnectionLostError:
                self._supervisor.await_exit(session, seconds=2)
            except ReplyTimeoutError:
                self._supervisor.restart(session)
            failures += 1
        raise ServiceUnavailableError(f"the model container did not take {target}")

    def _clear(self, session: Session, target: str, stored: StoredModel) -> None:
        """Removes a model that the container has under this name, from before a failure."""
        reply = session.api.unload(name=stored.name, target=target, seconds=_REMNANT_SECONDS)
        if reply.status not in (200, 404):
            self._supervisor.restart(session)


def unload(supervisor: Supervisor, model: LoadedModel) -> None:
    """Returns when the container no longer has the model, at worst by ending the container."""
    session = model.session
    try:
        reply = session.api.unload(
            name=model.stored.name, target=model.target, seconds=_UNLOAD_SECONDS
        )
    except ConnectionLostError:
        supervisor.await_exit(session, seconds=2)
        return
    except ReplyTimeoutError:
        supervisor.restart(session)
        return
    if reply.status not in (200, 404):
        supervisor.restart(session)
