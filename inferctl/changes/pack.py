"""The whole of a comparison, and the sentences that both of its reports begin with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from inferctl.changes.finding import KINDS
from inferctl.changes.million_cost import MillionCost
from inferctl.changes.monthly_cost import MonthlyCost
from inferctl.changes.platform_changes import PlatformChanges


@dataclass(frozen=True, kw_only=True)
class Pack:
    """``notes`` say what a reader must know of how it was made."""

    base: str
    platforms: tuple[PlatformChanges, ...]
    millions: tuple[tuple[str, tuple[MillionCost, ...]], ...] = ()
    breaches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> tuple[PlatformChanges, ...]:
        """The platforms that would be deployed differently."""
        return tuple(each for each in self.platforms if not each.is_empty)

    @property
    def unchanged(self) -> tuple[str, ...]:
        """The names of the others."""
        return tuple(each.platform for each in self.platforms if each.is_empty)


def headline(changes: PlatformChanges) -> str:
    """``12 added, 3 updated, 1 replaced; 2 models changed``."""
    if not changes.existed:
        return f"new platform, {len(changes.stacks_added)} stacks, {_resources(changes)}"
    if not changes.exists:
        return "the platform is defined no more; what is deployed of it stays"
    models = Counter(model.action for model in changes.models)
    parts = [_resources(changes)] if changes.resources else []
    words = [
        f"{models[action]} model{'s' if models[action] > 1 else ''} {action}"
        for action in ("added", "changed", "removed")
        if models[action]
    ]
    return "; ".join([*parts, ", ".join(words)] if words else parts) or "no resource changes"


def danger_line(changes: PlatformChanges) -> str:
    """``2 replace, 1 iam``, or that there is none."""
    counts = Counter(finding.kind for finding in changes.findings)
    return (
        ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]) or "no danger found"
    )


def cost_line(changes: PlatformChanges) -> str:
    """Dollars a month before and after, at least and at most."""
    before, after = changes.cost_before, changes.cost_after
    if (before.lowest, before.highest) == (after.lowest, after.highest):
        return f"{_range(after)} a month, as before"
    if not changes.existed:
        return f"{_range(after)} a month"
    low, high = (
        _signed(getattr(after, name) - getattr(before, name)) for name in ("lowest", "highest")
    )
    return f"{_range(before)} -> {_range(after)} a month ({low} at least, {high} at most)"


def price_notes(pack: Pack) -> Iterator[str]:
    """Of which day the prices are, how sure they are, and what has none."""
    costs = [cost for each in pack.changed for cost in (each.cost_before, each.cost_after)]
    lines = [line for cost in costs for line in cost.lines]
    if not lines:
        return
    oldest = min(line.checked for line in lines)
    yield (
        f"Prices: on demand in us-east-1 as the catalogue had them on {oldest.isoformat()}, for"
        " what is paid by the hour or month; no traffic, requests, logs or stored models."
    )
    unsure = sorted({line.what for line in lines if line.uncertain})
    if unsure:
        yield f"Not confirmed in 2026: {', '.join(unsure)}."
    if missing := sorted({name for cost in costs for name in cost.unpriced}):
        yield f"No price, so not in any sum: {', '.join(missing)}."


def dollars(amount: Decimal) -> str:
    """``$1,234``."""
    return f"${amount:,.0f}"


def _range(cost: MonthlyCost) -> str:
    if cost.lowest == cost.highest:
        return dollars(cost.lowest)
    return f"{dollars(cost.lowest)} to {dollars(cost.highest)}"


def _signed(amount: Decimal) -> str:
    return f"{'-' if amount < 0 else '+'}{dollars(abs(amount))}"


def _resources(changes: PlatformChanges) -> str:
    counts: Counter[str] = Counter(change.action for change in changes.resources)
    order = ("added", "updated", "replaced", "may be replaced", "removed")
    return ", ".join(f"{counts[action]} {action}" for action in order if counts[action])
