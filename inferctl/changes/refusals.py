"""What no number of deployments brings about: a custom resource keeps the function behind it."""

from __future__ import annotations

from collections.abc import Iterator

from inferctl.changes.comparison import Comparison, finding
from inferctl.changes.finding import Finding


def refusals(comparison: Comparison) -> Iterator[Finding]:
    """Refusals that `inferctl.transitions` has no plan for.

    CloudFormation says "Modifying service token is not allowed".
    """
    for change in comparison.lasting():
        if "ServiceToken" in change.before.get("Properties", {}) and change.at("ServiceToken"):
            text = "cannot get another ServiceToken; CloudFormation refuses that (rename it)"
            yield finding("refuse", change, text)
