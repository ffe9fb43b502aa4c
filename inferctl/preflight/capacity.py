"""What templates take of an account's service quotas at rest, scaled out and during an update."""

from __future__ import annotations

from collections.abc import Mapping

from inferctl.preflight.ec2_capacity import ec2_uses
from inferctl.preflight.endpoint_capacity import endpoint_uses
from inferctl.preflight.network_capacity import network_uses
from inferctl.preflight.quota_use import QuotaUse, total
from inferctl.preflight.templates import Template


def quota_uses(templates: Mapping[str, Template]) -> tuple[QuotaUse, ...]:
    """One entry for each quota that the stacks (by name) use, added up, by service and name."""
    return total(
        each
        for stack, template in templates.items()
        for uses in (endpoint_uses, ec2_uses, network_uses)
        for each in uses(stack, template)
    )


__all__ = ["QuotaUse", "quota_uses"]
