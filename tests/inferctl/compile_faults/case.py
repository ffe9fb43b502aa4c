"""The table of the fault matrix: each function that is marked is a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .fleet import OLD, Fleet
from .world import World

Run = Callable[[Fleet], None]
Family = Literal[
    "killed job",
    "killed handler before start",
    "killed handler after start",
    "spot loss",
    "throttled StartExecution",
    "duplicate Create",
    "Update during a compile",
    "Delete during a compile",
    "failed verification",
    "missing weights",
    "bad checksum",
    "full disk",
    "time is over",
    "index conflict",
    "another",
]
CASES: dict[str, Case] = {}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What breaks. ``empty``: nothing is published before; ``hurried``: with little total time.

    ``always``: the family that it stands for in every run; None is for the whole matrix only.
    """

    number: int
    run: Run
    empty: bool
    hurried: bool
    always: Family | None

    def play(self, world: World) -> None:
        """The case in a fleet of its own, with what must hold after every case."""
        fleet = Fleet(world, f"case-{self.number:02}", hurried=self.hurried)
        if not self.empty:
            fleet.publish(fleet.release(OLD))
        self.run(fleet)
        fleet.assert_quiet()
        fleet.assert_answers()
        fleet.destroy()
        fleet.assert_quiet()


def case(
    *, empty: bool = False, hurried: bool = False, always: Family | None = None
) -> Callable[[Run], Run]:
    """Add a row; the function's name says what breaks."""

    def add(run: Run) -> Run:
        name = run.__name__.replace("_", " ")
        assert name not in CASES
        CASES[name] = Case(
            number=len(CASES) + 1, run=run, empty=empty, hurried=hurried, always=always
        )
        return run

    return add
