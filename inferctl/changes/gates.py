"""What may not happen without someone's word: kinds of findings, and how much costs may grow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from inferctl.changes.finding import KINDS
from inferctl.changes.platform_changes import PlatformChanges

_COST = re.compile(r"cost=(\d{1,6}(?:\.\d+)?)%")
_COST_HELP = "cost=10%"


class WrongGateError(ValueError):
    """A gate that is not one; ``problems`` has a line for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, kw_only=True)
class Gates:
    """``cost_percent`` is how much the monthly cost of a platform may grow; None: as it likes."""

    kinds: frozenset[str] = frozenset()
    cost_percent: Decimal | None = None


def parse_gates(text: str) -> Gates:
    """``replace,destroy,cost=10%``; ``all`` is every kind. Raises `WrongGateError`."""
    kinds: set[str] = set()
    cost: Decimal | None = None
    problems = []
    for name in filter(None, (part.strip() for part in text.split(","))):
        if match := _COST.fullmatch(name):
            cost = Decimal(match[1])
        elif name == "all":
            kinds |= set(KINDS)
        elif name in KINDS:
            kinds.add(name)
        else:
            near = get_close_matches(name, [*KINDS, _COST_HELP, "all"], n=1)
            hint = f"did you mean {near[0]}?" if near else "choose one of these"
            known = ", ".join([*KINDS, "all", _COST_HELP])
            problems.append(f"--fail-on must name {known}, got {name!r} ({hint})")
    if problems:
        raise WrongGateError(problems)
    return Gates(kinds=frozenset(kinds), cost_percent=cost)


def breaches(gates: Gates, platforms: Sequence[PlatformChanges]) -> Iterator[str]:
    """One line for each gate that a platform does not pass."""
    for changes in platforms:
        for kind in KINDS:
            count = sum(finding.kind == kind for finding in changes.findings)
            if kind in gates.kinds and count:
                times = "1 finding" if count == 1 else f"{count} findings"
                yield f"{kind}: {times} in platform {changes.platform}"
        yield from _cost(gates, changes)


def _cost(gates: Gates, changes: PlatformChanges) -> Iterator[str]:
    # a new platform has no cost that could grow
    if gates.cost_percent is None or not changes.existed:
        return
    for name in ("lowest", "highest"):
        old: Decimal = getattr(changes.cost_before, name)
        new: Decimal = getattr(changes.cost_after, name)
        limit = old * (1 + gates.cost_percent / 100)
        if new > limit:
            at = "minimum" if name == "lowest" else "maximum"
            yield (
                f"cost: platform {changes.platform} costs ${new:,.0f} a month at its {at},"
                f" and ${limit:,.0f} is the most that cost={gates.cost_percent:f}% allows"
            )
    new_unpriced = sorted(set(changes.cost_after.unpriced) - set(changes.cost_before.unpriced))
    if new_unpriced:
        names = ", ".join(new_unpriced)
        yield f"cost: platform {changes.platform} has no price of {names}, so no limit can be held"
