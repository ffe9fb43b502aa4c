"""Changes that AWS does not take in one deployment, found by comparing two sets of templates.

Pure: templates in, plans out; nothing is asked of AWS. What runs now is unknown here, so that a
plan is made where a deployment would fail at some instance count that the templates allow.
"""

from inferctl.transitions.find import two_step_plans
from inferctl.transitions.plan import TwoStepPlan, plan_lines

__all__ = ["TwoStepPlan", "plan_lines", "two_step_plans"]
