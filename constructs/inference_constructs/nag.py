"""Acknowledging cdk-nag findings beside the resource that causes them, always with a reason.

cdk-nag 3 names every IAM5 finding after the flattened ARN, logical ids included. The ids are
computed here from the same tokens as the policy, so renaming a construct cannot orphan one.
"""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Acknowledge cdk-nag findings on ``construct`` and its children: finding id to reason."""
    cdk.Validations.of(construct).acknowledge(
        *(cdk.Acknowledgment(id=finding, reason=reason) for finding, reason in reasons.items())
    )


def wildcard_resource(scope: IConstruct, arn: str) -> str:
    """The id of the finding that a policy with the wildcard resource ``arn`` gives in ``scope``.

    A reference into another stack is resolved at synthesis only; give the result of that stack's
    ``export_value`` in its place.
    """
    flat = _flatten(cdk.Stack.of(scope).resolve(arn))
    return f"AwsSolutions-IAM5[Resource::{flat}]"


def _flatten(node: object) -> str:
    """What cdk-nag's ``flattenCfnReference`` makes of a resolved value."""
    if isinstance(node, str):
        return node.replace("${", "<").replace("}", ">")
    if isinstance(node, Mapping) and len(node) == 1:
        ((function, argument),) = node.items()
        if function == "Fn::Join":
            delimiter, items = argument
            return str(delimiter).join(_flatten(item) for item in items)
        if function == "Fn::GetAtt":
            resource, attribute = argument
            return f"<{_flatten(resource)}.{_flatten(attribute)}>"
        if function == "Ref":
            return f"<{_flatten(argument)}>"
        if function in ("Fn::Sub", "Fn::ImportValue"):
            return _flatten(argument)
    raise ValueError(
        "arn must be made of strings, Ref, Fn::GetAtt, Fn::Join, Fn::Sub and Fn::ImportValue,"
        f" got {node!r}"
    )
