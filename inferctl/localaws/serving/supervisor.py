"""Keeps one container running: starts it, waits until it answers, starts it again when it dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from .container_api import ContainerApi
from .faults import ServiceUnavailableError
from .runner import ContainerProcess, StartError
from .wire import ConnectionLostError, ConnectionPool, ReplyTimeoutError

START_SECONDS = 120.0
_STEADY_SECONDS = 30.0
_MAX_BACKOFF_SECONDS = 15.0


class Session:
    """One life of the container; what was loaded in it is gone when it ends."""

    def __init__(self, process: ContainerProcess) -> None:
        self.process = process
        self.api = ContainerApi(ConnectionPool(process.connect))
        self.alive = True
        self.started = time.monotonic()


class Supervisor:
    """Owns the thread that starts and watches the container. `on_exit` is called from it."""

    def __init__(
        self,
        start: Callable[[], ContainerProcess],
        *,
        on_exit: Callable[[Session], None],
        log: Path,
    ) -> None:
        self._start = start
        self._on_exit = on_exit
        self._log = log
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._session: Session | None = None
        self._failure: str | None = None
        self.restarts = 0

    @property
    def current(self) -> Session | None:
        return self._session

    def session(self, deadline: float) -> Session:
        """A container that answers; raises `ServiceUnavailableError` when none starts in time."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="container", daemon=True)
                self._thread.start()
            while self._session is None:
                remaining = deadline - time.monotonic()
                if self._failure or self._closing.is_set() or remaining <= 0:
                    closing = "it is being stopped" if self._closing.is_set() else None
                    reason = self._failure or closing or "it did not start in time"
                    raise ServiceUnavailableError(f"the model container is not running: {reason}")
                self._changed.wait(remaining)
            return self._session

    def restart(self, session: Session) -> None:
        """Ends this life of the container and returns when the end is known to everybody."""
        session.process.stop()
        self.await_exit(session, seconds=10)

    def await_exit(self, session: Session, *, seconds: float) -> None:
        """Waits until a dying container is known to be dead, or for ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: not session.alive, seconds)

    def close(self) -> None:
        with self._changed:
            self._closing.set()
            session = self._session
            self._changed.notify_all()
        if session is not None:
            session.process.stop()
        if self._thread is not None:
            self._thread.join(30)

    def _run(self) -> None:
        backoff = 0.0
        while not self._closing.wait(backoff):
            started = time.monotonic()
            session = self._start_once()
            if session is not None:
                session.process.wait()
                session.process.stop()
                session.api.close()
                with self._changed:
                    session.alive = False
                    self._session = None
                    self.restarts += 0 if self._closing.is_set() else 1
                    self._changed.notify_all()
                self._on_exit(session)
            steady = time.monotonic() - started > _STEADY_SECONDS
            # the first restart is immediate: one kill must cost one start, not a pause
            first = session is not None and backoff == 0.0
            if steady or first:
                backoff = 0.0 if steady else 0.01
            else:
                backoff = min(max(backoff * 2, 0.5), _MAX_BACKOFF_SECONDS)

    def _start_once(self) -> Session | None:
        process: ContainerProcess | None = None
        try:
            process = self._start()
            session = Session(process)
            self._await_ready(session)
        except StartError as error:
            if process is not None:
                process.stop()
            with self._changed:
                self._failure = str(error)
                self._changed.notify_all()
            return None
        with self._changed:
            if not self._closing.is_set():
                self._session, self._failure = session, None
                self._changed.notify_all()
                return session
        process.stop()
        return None

    def _await_ready(self, session: Session) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._closing.is_set():
            if session.process.wait(0.02):
                raise StartError(f"it ended while starting; {self._last_words()}")
            try:
                if session.api.ping(seconds=2):
                    return
            except (ConnectionLostError, ReplyTimeoutError):
                pass
            if time.monotonic() > deadline:
                raise StartError(f"/ping did not answer 200 within {START_SECONDS:.0f} s")
        raise StartError("the embedded AWS is shutting down")

    def _last_words(self) -> str:
        try:
            lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            lines = []
        return f"last line of {self._log}: {lines[-1] if lines else '(empty)'}"
