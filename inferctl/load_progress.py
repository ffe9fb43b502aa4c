"""What a command shows while a load runs: one line a run, live on a terminal."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType

from inferctl.output import Progress as Line
from inferctl.output import step
from load_client.console import progress_text, run_text
from load_client.plan import Listener, Server
from load_client.recorder import Progress
from load_client.report import Load, Run
from load_client.shapes import LoadShape
from load_client.summary import text_of_load


class LoadProgress(Listener):
    """A context manager, so that a line which is open when something fails is closed."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._line: Line | None = None
        self._title = ""

    def __enter__(self) -> LoadProgress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def waiting(self, server: Server, detail: str) -> None:
        """As `Listener.waiting`."""
        self._show(f"{server.name}: not ready", detail)

    def started(self, server: Server, shape: LoadShape, batch: int) -> None:
        """As `Listener.started`."""
        load = Load(
            concurrency=shape.concurrency,
            batch=batch,
            rate=shape.rate,
            arrivals=str(shape.arrivals),
            timeout_seconds=shape.timeout_seconds,
        )
        self._show(f"{server.name}: {text_of_load(load)}", "")

    def progress(self, progress: Progress) -> None:
        """As `Listener.progress`."""
        self._show(self._title, progress_text(progress))

    def finished(self, run: Run) -> None:
        """As `Listener.finished`."""
        self._show(self._title, run_text(run))
        self._open.close()
        self._line = None

    def _show(self, title: str, detail: str) -> None:
        if self._line is None or title != self._title:
            self._open.close()
            self._title = title
            self._line = self._open.enter_context(step(title))
        if detail:
            self._line.update(detail)
