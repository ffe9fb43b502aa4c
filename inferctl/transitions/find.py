"""All plans for one change of a platform."""

from __future__ import annotations

from collections.abc import Mapping

from inferctl.transitions.plan import TwoStepPlan
from inferctl.transitions.rules import RULES
from inferctl.transitions.templates import Change, Template


def two_step_plans(
    before: Mapping[str, Template], after: Mapping[str, Template]
) -> tuple[TwoStepPlan, ...]:
    """What of the change from ``before`` to ``after`` cannot be deployed at once.

    Both map the names of stacks to their templates. ``before`` is what is deployed, ``after`` what
    will be; a stack that ``after`` lacks stays deployed, as ``cdk deploy`` leaves it.
    """
    change = Change(before=before, after=after)
    found = {plan for rule in RULES for plan in rule(change)}
    return tuple(sorted(found, key=lambda plan: (plan.stack, plan.logical_id, plan.reason)))
