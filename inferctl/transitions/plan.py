"""What to do instead of a deployment that would fail half-way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TwoStepPlan:
    """``reason``: why AWS refuses the change. ``steps``: the deployments that bring it about, in
    order, each with what to write before it. ``source``: where AWS says so."""

    stack: str
    logical_id: str
    resource_type: str
    reason: str
    steps: tuple[str, ...]
    source: str


def plan_lines(plans: Sequence[TwoStepPlan]) -> Iterator[str]:
    """The plans as lines of text for a terminal."""
    for plan in plans:
        yield f"{plan.stack}: {plan.logical_id} ({plan.resource_type}): {plan.reason}"
        for number, step in enumerate(plan.steps, 1):
            yield f"  {number}. {step}"
        yield f"  source: {plan.source}"
