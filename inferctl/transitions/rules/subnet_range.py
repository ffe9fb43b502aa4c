"""A subnet's range is free again only after the deployment that gives it up."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Final

from inferctl.transitions.plan import TwoStepPlan
from inferctl.transitions.replacement import replaced
from inferctl.transitions.templates import Change, Resource, properties, resources, text

_SUBNET: Final = "AWS::EC2::Subnet"
_SOURCE: Final = "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"


def subnet_ranges(change: Change) -> Iterator[TwoStepPlan]:
    """A plan for each new subnet whose range overlaps one that is deleted after it is made."""
    for stack in change.updated():
        anew = replaced(stack)
        before, after = resources(stack.before, _SUBNET), resources(stack.after, _SUBNET)
        for name in sorted((after.keys() - before.keys()) | (anew & after.keys())):
            vpc, wanted = text(properties(after[name]).get("VpcId")), _range(after[name])
            taken = [
                holder
                for holder, subnet in before.items()
                if text(properties(subnet).get("VpcId")) == vpc
                and vpc.strip("${}") not in anew
                and wanted is not None
                and (held := _range(subnet)) is not None
                and held.overlaps(wanted)
            ]
            if taken:
                yield TwoStepPlan(
                    stack=stack.name,
                    logical_id=name,
                    resource_type=_SUBNET,
                    reason=f"its range {wanted} overlaps that of {', '.join(sorted(taken))}, which"
                    " CloudFormation deletes only after it has created the new subnet",
                    steps=(
                        "destroy the stacks that use the VPC, then its own: `cdk destroy --all`"
                        " with the platform file as it was",
                        "deploy all with the new platform file",
                    ),
                    source=_SOURCE,
                )


def _range(subnet: Resource) -> IPv4Network | None:
    given = properties(subnet).get("CidrBlock")
    return IPv4Network(given) if isinstance(given, str) else None
