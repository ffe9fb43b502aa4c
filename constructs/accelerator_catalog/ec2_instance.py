"""What every EC2 instance type of a fleet has: processors, memory, interfaces, regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accelerator_catalog.fact import Fact

SIZES = "EC2 DescribeInstanceTypes, as bundled with moto 5.2.5"
# June 2023, its last public revision. It lists inf1 and g4dn as unsupported; g6 and trn2 are newer.
TRUNKING = (
    "https://github.com/awsdocs/amazon-ecs-developer-guide/blob/a35b767/doc_source/"
    "container-instance-eni.md"
)
REGIONS_LISTED = "cfn-lint 1.58.0, aws_ec2_instance/instancetype_enum.json (from the price list)"


@dataclass(frozen=True, kw_only=True)
class Ec2Instance(Fact):
    """One instance type.

    ``enis`` counts interfaces over all network cards. ``trunk_tasks`` is how many tasks in
    ``awsvpc`` mode fit with ENI trunking; None where ECS does not trunk or no source says.
    """

    name: str
    family: str
    vcpu: int
    memory_gib: int
    enis: int
    trunk_tasks: int | None
    regions: frozenset[str]


def regions_of(
    size: str, by_family: Mapping[str, str], exceptions: Mapping[str, str]
) -> frozenset[str]:
    """Regions of a size: its own list where it is an exception, else that of its family."""
    text = exceptions[size] if size in exceptions else by_family[size.split(".")[0]]
    return frozenset(text.split())
