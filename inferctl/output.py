"""What the commands print: one console, live on a terminal and plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

# What is piped is read by tools: wide enough that no table cuts an id.
_WIDTH = None if sys.stdout.isatty() else 160
console = Console(highlight=False, soft_wrap=True, width=_WIDTH)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


class Progress:
    """The line that says what is being done; `update` changes its tail."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._started = monotonic()
        self._status = console.status(escape(title)) if console.is_terminal else None
        self._said = monotonic()
        self.detail = ""

    def update(self, detail: str) -> None:
        """Show ``detail``; where there is no terminal, at most one line every ten seconds."""
        self.detail = detail
        if self._status is not None:
            self._status.update(f"{escape(self._title)}  [dim]{escape(detail)}[/dim]")
        elif monotonic() - self._said > 10:
            self._said = monotonic()
            console.print(f"    {self._title}: {detail}", markup=False)

    def __enter__(self) -> Progress:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return monotonic() - self._started


@contextmanager
def step(title: str) -> Iterator[Progress]:
    """Show a step while it runs and one line with its seconds when it is done."""
    with Progress(title) as progress:
        yield progress
    note = f"  {progress.detail}" if progress.detail else ""
    console.print(f"  {title:<26}{progress.seconds:7.1f} s{note}", markup=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "") -> Table:
    """A short table; columns whose name ends in ``>`` are right-aligned."""
    view = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for name in columns:
        view.add_column(name.rstrip(">"), justify="right" if name.endswith(">") else "left")
    for row in rows:
        view.add_row(*row)
    return view
