"""Names of capacity providers."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCapacityProvider.html
_RESERVED = ("aws", "ecs", "fargate")


def provider_name(scope: Construct, pool: str) -> str | None:
    """None where CloudFormation may choose one, which begins with the name of the stack: ECS keeps
    names that begin with its own words.
    """
    stack = Stack.of(scope).stack_name
    return f"cp-{stack}-{pool}" if stack.lower().startswith(_RESERVED) else None
