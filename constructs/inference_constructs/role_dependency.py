"""Resources that need a role's permissions, and not just the role, before they are made."""

from __future__ import annotations

from aws_cdk import CfnResource
from aws_cdk import aws_iam as iam
from constructs import Construct


def depend_on_permissions(construct: Construct, role: iam.Role) -> None:
    """Let ``construct``'s resource wait for ``role``'s policy, and for nothing twice.

    The CDK's own dependency repeats the role, to which the resource refers already; cfn-lint
    rightly calls that redundant (W3005).
    """
    resource = construct.node.default_child
    policy = role.node.find_child("DefaultPolicy").node.default_child
    if not isinstance(resource, CfnResource) or not isinstance(policy, CfnResource):
        raise TypeError(f"{construct.node.path} and {role.node.path} need one resource each")
    resource.add_override("DependsOn", [policy.logical_id])
