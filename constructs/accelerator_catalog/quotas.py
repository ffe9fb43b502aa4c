"""AWS service quotas that platforms use up: their exact names, codes and default values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from accelerator_catalog.fact import Fact

Purchase = Literal["on-demand", "spot"]
# Names and codes of March 2026, as ListServiceQuotas returns them; defaults of a new account.
_SOURCE = (
    "https://github.com/gruntwork-io/terraform-aws-utilities/blob/55f0c2d/modules/"
    "request-quota-increase; its generated list of defaults"
)


@dataclass(frozen=True, kw_only=True)
class Quota(Fact):
    """One quota of one service in one region.

    ``default`` is what AWS publishes; a new account may have less, and None is what no source says.
    """

    service: str
    name: str
    code: str | None
    default: float | None
    unit: str


def _quota(service: str, name: str, code: str, default: float | None, unit: str) -> Quota:
    return Quota(service=service, name=name, code=code, default=default, unit=unit, source=_SOURCE)


_ENDPOINT_CODES: Mapping[str, str] = {
    "ml.p2.xlarge": "L-FD469689",
    "ml.p2.8xlarge": "L-BD0BDFDA",
    "ml.p2.16xlarge": "L-B638D452",
    "ml.p3.2xlarge": "L-1623D0BE",
    "ml.p3.8xlarge": "L-CB985DC5",
    "ml.p3.16xlarge": "L-6A85BC13",
    "ml.p4d.24xlarge": "L-09F79647",
    "ml.p5.48xlarge": "L-16AF71F1",
    "ml.g4dn.xlarge": "L-B67CFA0C",
    "ml.g4dn.2xlarge": "L-EA346344",
    "ml.g4dn.4xlarge": "L-31522FA6",
    "ml.g4dn.8xlarge": "L-7D28AD75",
    "ml.g4dn.12xlarge": "L-07BEB181",
    "ml.g4dn.16xlarge": "L-8679F6F3",
    "ml.g5.xlarge": "L-1928E07B",
    "ml.g5.2xlarge": "L-9614C779",
    "ml.g5.4xlarge": "L-C1B9A48D",
    "ml.g5.8xlarge": "L-065D610E",
    "ml.g5.12xlarge": "L-65C4BD00",
    "ml.g5.16xlarge": "L-962705EA",
    "ml.g5.24xlarge": "L-6821867B",
    "ml.g5.48xlarge": "L-0100B823",
    "ml.g6.xlarge": "L-D470D954",
    "ml.g6.2xlarge": "L-98BDE811",
    "ml.g6.4xlarge": "L-DFB10FDE",
    "ml.g6.8xlarge": "L-B0F91871",
    "ml.g6.12xlarge": "L-0A29AACF",
    "ml.g6.16xlarge": "L-913947FA",
    "ml.g6.24xlarge": "L-6A3E5D65",
    "ml.g6.48xlarge": "L-28FEB563",
    "ml.g6e.xlarge": "L-B0729CB4",
    "ml.g6e.2xlarge": "L-F8D7F460",
    "ml.g6e.4xlarge": "L-93531071",
    "ml.g6e.8xlarge": "L-96A28D02",
    "ml.g6e.12xlarge": "L-60313EA3",
    "ml.g6e.16xlarge": "L-2930A179",
    "ml.g6e.24xlarge": "L-AE407E8B",
    "ml.g6e.48xlarge": "L-E0C458EA",
}


def endpoint_quota(instance_type: str) -> Quota:
    """Instances of one SageMaker type over all endpoints; without a code where none is known."""
    return Quota(
        service="sagemaker",
        name=f"{instance_type} for endpoint usage",
        code=_ENDPOINT_CODES.get(instance_type),
        default=0,
        unit="instances",
        source=_SOURCE,
    )


# EC2 counts vCPUs of running instances over all sizes of these families.
_STANDARD = "Standard (A, C, D, H, I, M, R, T, Z)"
_ON_DEMAND: Mapping[str, Quota] = {
    "standard": _quota("ec2", f"Running On-Demand {_STANDARD} instances", "L-1216C47A", 5, "vCPUs"),
    "g": _quota("ec2", "Running On-Demand G and VT instances", "L-DB2E81BA", 0, "vCPUs"),
    "p": _quota("ec2", "Running On-Demand P instances", "L-417A185B", 0, "vCPUs"),
    "inf": _quota("ec2", "Running On-Demand Inf instances", "L-1945791B", 0, "vCPUs"),
    "trn": _quota("ec2", "Running On-Demand Trn instances", "L-2C3B7624", 0, "vCPUs"),
}
_SPOT: Mapping[str, Quota] = {
    "standard": _quota("ec2", f"All {_STANDARD} Spot Instance Requests", "L-34B43A08", 5, "vCPUs"),
    "g": _quota("ec2", "All G and VT Spot Instance Requests", "L-3819A6DF", 0, "vCPUs"),
    "p": _quota("ec2", "All P4, P3 and P2 Spot Instance Requests", "L-7212CCBC", 0, "vCPUs"),
    "p5": _quota("ec2", "All P5 Spot Instance Requests", "L-C4BD4855", 0, "vCPUs"),
    "inf": _quota("ec2", "All Inf Spot Instance Requests", "L-B5D1601B", 0, "vCPUs"),
    "trn": _quota("ec2", "All Trn Spot Instance Requests", "L-6B0D517C", 0, "vCPUs"),
}


def ec2_quota(instance_type: str, purchase: Purchase) -> Quota | None:
    """The quota whose vCPUs an EC2 instance type uses; None for families without an entry here."""
    family = instance_type.split(".")[0]
    letters = family[: next((i for i, c in enumerate(family) if c.isdigit()), len(family))]
    if purchase == "spot" and family.startswith("p5"):
        return _SPOT["p5"]
    group = "standard" if letters in set("acdhimrtz") else letters
    return (_SPOT if purchase == "spot" else _ON_DEMAND).get("g" if group == "gr" else group)


ENDPOINT_INSTANCES = _quota(
    "sagemaker", "Number of instances across active endpoints", "L-7A3DF611", 4, "instances"
)
ELASTIC_IPS = _quota("ec2", "EC2-VPC Elastic IPs", "L-0263D0A3", 5, "addresses")
VPCS = _quota("vpc", "VPCs per Region", "L-F678F1CE", 5, "VPCs")
INTERNET_GATEWAYS = _quota("vpc", "Internet gateways per Region", "L-A4707A72", 5, "gateways")
NAT_GATEWAYS = _quota("vpc", "NAT gateways per Availability Zone", "L-FE5A380F", 5, "gateways")
INTERFACE_ENDPOINTS = _quota(
    "vpc", "Interface VPC endpoints per VPC", "L-29B6F2EB", 50, "endpoints"
)
GATEWAY_ENDPOINTS = _quota("vpc", "Gateway VPC endpoints per Region", "L-1B52E74A", 20, "endpoints")
APPLICATION_LOAD_BALANCERS = _quota(
    "elasticloadbalancing",
    "Application Load Balancers per Region",
    "L-53DA6B97",
    50,
    "load balancers",
)
NETWORK_LOAD_BALANCERS = _quota(
    "elasticloadbalancing",
    "Network Load Balancers per Region",
    "L-69A177A2",
    50,
    "load balancers",
)

_ROWS = (
    *(endpoint_quota(name) for name in _ENDPOINT_CODES),
    *_ON_DEMAND.values(),
    *_SPOT.values(),
    *(ENDPOINT_INSTANCES, ELASTIC_IPS, VPCS, INTERNET_GATEWAYS, NAT_GATEWAYS),
    *(INTERFACE_ENDPOINTS, GATEWAY_ENDPOINTS),
    *(APPLICATION_LOAD_BALANCERS, NETWORK_LOAD_BALANCERS),
)
QUOTAS: Mapping[tuple[str, str], Quota] = MappingProxyType(
    {(row.service, row.name): row for row in _ROWS}
)
"""By service and name."""
