"""Everything that one platform's change does, collected from every judge."""

from __future__ import annotations

from dataclasses import dataclass, field

from inferctl.changes.assembly import Assembly
from inferctl.changes.capacity import (
    FleetChange,
    QuotaChange,
    capacity_findings,
    fleet_changes,
    quota_changes,
)
from inferctl.changes.comparison import Comparison
from inferctl.changes.finding import Finding
from inferctl.changes.iam import iam_findings
from inferctl.changes.interruption import interruptions
from inferctl.changes.lifetimes import lifetime_findings
from inferctl.changes.models import ModelChange, model_changes, model_findings
from inferctl.changes.monthly_cost import MonthlyCost, monthly_cost
from inferctl.changes.network import network_findings
from inferctl.changes.refusals import refusals
from inferctl.changes.resource_changes import ResourceChange
from inferctl.changes.safeguards import safeguard_findings
from inferctl.changes.verification import verification_findings
from inferctl.transitions import TwoStepPlan, two_step_plans


@dataclass(frozen=True, kw_only=True)
class PlatformChanges:
    """One platform. ``details`` says of each changed resource what differs."""

    platform: str
    existed: bool
    exists: bool
    stacks_added: tuple[str, ...] = ()
    stacks_removed: tuple[str, ...] = ()
    resources: tuple[ResourceChange, ...] = ()
    details: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    plans: tuple[TwoStepPlan, ...] = ()
    models: tuple[ModelChange, ...] = ()
    fleets: tuple[FleetChange, ...] = ()
    quotas: tuple[QuotaChange, ...] = ()
    cost_before: MonthlyCost = field(default_factory=lambda: MonthlyCost(lines=(), unpriced=()))
    cost_after: MonthlyCost = field(default_factory=lambda: MonthlyCost(lines=(), unpriced=()))

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all would be deployed differently."""
        return not (
            *self.resources,
            *self.models,
            *self.stacks_added,
            *self.stacks_removed,
            *self.findings,
        )


def platform_changes(before: Assembly, after: Assembly) -> PlatformChanges:
    """Compare the two sides of one platform; a side without stacks is a platform not there."""
    comparison = Comparison(before=before, after=after)
    models = model_changes(before, after)
    plans = two_step_plans(before.templates, after.templates) if before.templates else ()
    changes = tuple(comparison.changes.values())
    return PlatformChanges(
        platform=after.platform,
        existed=bool(before.templates),
        exists=bool(after.templates),
        stacks_added=tuple(sorted(after.templates.keys() - before.templates.keys())),
        stacks_removed=tuple(sorted(before.templates.keys() - after.templates.keys())),
        resources=changes,
        details=tuple(
            comparison.texts(change, (*change.differences, *change.attributes))
            for change in changes
        ),
        findings=_findings(comparison, models, plans),
        plans=tuple(plans),
        models=models,
        fleets=fleet_changes(comparison),
        quotas=quota_changes(comparison),
        cost_before=monthly_cost(before),
        cost_after=monthly_cost(after),
    )


def _findings(
    comparison: Comparison, models: tuple[ModelChange, ...], plans: tuple[TwoStepPlan, ...]
) -> tuple[Finding, ...]:
    planned = {(plan.stack, plan.logical_id) for plan in plans}
    found = {
        Finding(
            kind="refuse",
            stack=plan.stack,
            resource=plan.logical_id,
            type=plan.resource_type,
            text=plan.reason,
        )
        for plan in plans
    }
    # what has a plan is told with its way out, not twice
    found |= {each for each in refusals(comparison) if (each.stack, each.resource) not in planned}
    for judge in (
        lifetime_findings,
        interruptions,
        iam_findings,
        network_findings,
        safeguard_findings,
        capacity_findings,
        verification_findings,
    ):
        found |= set(judge(comparison))
    found |= set(model_findings(models))
    return tuple(sorted(found, key=lambda each: each.order))
