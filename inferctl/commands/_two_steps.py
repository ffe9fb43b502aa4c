"""Refuses a deployment that AWS would stop half-way, and says which two to make instead."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from inferctl.deployment import STACKS, aws_client
from inferctl.endpoint_client import InvocationError
from inferctl.transitions import plan_lines, two_step_plans
from inferctl.transitions.deployed import assembly_templates, deployed_templates


class TwoStepsNeededError(Exception):
    """The deployment needs two steps; the message holds them."""


def stacks_of(platform: str, existing: Collection[str]) -> list[str]:
    """The stacks of a platform that are there, whether its file still asks for them or not."""
    return [name for kind in STACKS if (name := f"{platform}-{kind}") in existing]


def refuse_two_steps(
    stacks: Collection[str], assembly: Path, *, region: str, url: str | None = None
) -> None:
    """Raise `TwoStepsNeededError` where ``assembly`` cannot follow what is deployed at once.

    Raises `InvocationError` when CloudFormation cannot be asked.
    """
    after = assembly_templates(assembly)
    cloudformation = aws_client("cloudformation", region=region, url=url)
    try:
        before = deployed_templates({*stacks, *after}, cloudformation=cloudformation)
    except (ClientError, BotoCoreError) as error:
        raise InvocationError(str(error)) from error
    plans = two_step_plans(before, after)
    if plans:
        count = "a change needs" if len(plans) == 1 else f"{len(plans)} changes need"
        head = f"nothing was deployed: {count} two deployments on AWS"
        raise TwoStepsNeededError("\n".join([head, *plan_lines(plans)]))
