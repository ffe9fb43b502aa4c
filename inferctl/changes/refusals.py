"""What no number of deployments brings about, since the service refuses it each time."""

from __future__ import annotations

from collections.abc import Iterator

from inferctl.changes.comparison import Comparison, finding
from inferctl.changes.finding import Finding

# "The update request fails, regardless of the UpdateReplacePolicy": docs.aws.amazon.com/
# AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
_KEY_FOR_EVER = ("KeySpec", "KeyUsage", "MultiRegion", "Origin")


def refusals(comparison: Comparison) -> Iterator[Finding]:
    """Refusals that `inferctl.transitions` has no plan for.

    CloudFormation says "Modifying service token is not allowed".
    """
    for change in comparison.lasting():
        if "ServiceToken" in change.before.get("Properties", {}) and change.at("ServiceToken"):
            text = "cannot get another ServiceToken; CloudFormation refuses that (rename it)"
            yield finding("refuse", change, text)
        if change.type == "AWS::KMS::Key" and (fixed := change.at(*_KEY_FOR_EVER)):
            said = comparison.texts(change, tuple(fixed))
            text = f"cannot be changed, so that no key is lost; make another key: {said}"
            yield finding("refuse", change, text)
