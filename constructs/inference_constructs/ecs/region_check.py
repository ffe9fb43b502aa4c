"""Whether the region of a stack offers an instance type."""

from __future__ import annotations

from aws_cdk import Stack, Token
from constructs import IConstruct

from accelerator_catalog import Ec2Instance


def region_problem(scope: IConstruct, instance: Ec2Instance) -> str | None:
    """Why ``instance`` cannot run in the region of ``scope``; None where it can or nobody knows."""
    region = Stack.of(scope).region
    if Token.is_unresolved(region) or region in instance.regions:
        return None
    return (
        f"instance must be a type that {region} offers, got {instance.name!r}, which only"
        f" {', '.join(sorted(instance.regions))} offer"
    )
