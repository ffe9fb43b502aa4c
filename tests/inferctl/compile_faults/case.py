"""The table of the fault matrix: each function that is marked is a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .fleet import OLD, Fleet
from .world import World

Run = Callable[[Fleet], None]
CASES: dict[str, Case] = {}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What breaks. ``empty``: nothing is published before; ``hurried``: with little total time."""

    number: int
    run: Run
    empty: bool
    hurried: bool

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


def case(*, empty: bool = False, hurried: bool = False) -> Callable[[Run], Run]:
    """Add a row; the function's name says what breaks."""

    def add(run: Run) -> Run:
        name = run.__name__.replace("_", " ")
        assert name not in CASES
        CASES[name] = Case(number=len(CASES) + 1, run=run, empty=empty, hurried=hurried)
        return run

    return add
