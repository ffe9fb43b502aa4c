"""What a platform costs a month while nobody calls it, at its smallest and at its largest.

Instances, load balancers, gateways, interface endpoints, addresses, keys, disks, alarms: what is
paid by the hour or month. Not traffic, requests, logs, storage of models, or what compiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accelerator_catalog import EC2_PRICES, FIXED_PRICES, HOSTING_PRICES
from inferctl.changes.assembly import Assembly
from inferctl.changes.fleets import fleets
from inferctl.changes.references import References
from inferctl.preflight.templates import number

HOURS_A_MONTH = 730
"""As AWS's own estimates reckon."""

_COUNTED = {
    "AWS::EC2::NatGateway": "nat-gateway",
    "AWS::EC2::EIP": "public-ipv4-address",
    "AWS::KMS::Key": "kms-key",
    "AWS::CloudWatch::Alarm": "cloudwatch-alarm",
    "AWS::CloudWatch::Dashboard": "cloudwatch-dashboard",
}


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """All of one thing: how many at least and at most, and dollars a month of each."""

    what: str
    minimum: Decimal
    maximum: Decimal
    usd_each: Decimal
    checked: date
    uncertain: bool

    @property
    def lowest(self) -> Decimal:
        """Dollars a month at least."""
        return self.minimum * self.usd_each

    @property
    def highest(self) -> Decimal:
        """Dollars a month at most."""
        return self.maximum * self.usd_each


@dataclass(frozen=True, kw_only=True)
class MonthlyCost:
    """A platform's lines; ``unpriced`` names what the catalogue has no price of."""

    lines: tuple[CostLine, ...]
    unpriced: tuple[str, ...]

    @property
    def lowest(self) -> Decimal:
        """Dollars a month when everything is at its minimum."""
        return sum((line.lowest for line in self.lines), Decimal(0))

    @property
    def highest(self) -> Decimal:
        """Dollars a month when everything is scaled out."""
        return sum((line.highest for line in self.lines), Decimal(0))

    @property
    def checked(self) -> date | None:
        """The oldest day on which a price was read."""
        return min((line.checked for line in self.lines), default=None)


def monthly_cost(side: Assembly) -> MonthlyCost:
    """The cost of one side, by the catalogue's prices of its region."""
    counts: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for region, item, low, high in _items(side):
        had = counts.get((region, item), (Decimal(0), Decimal(0)))
        counts[region, item] = (had[0] + Decimal(low), had[1] + Decimal(high))
    lines, unpriced = [], []
    for (region, item), (minimum, maximum) in sorted(counts.items()):
        price = _price(item)
        if price is None or price[0] != region:
            unpriced.append(f"{item} in {region}")
            continue
        _, usd, checked, uncertain = price
        lines.append(
            CostLine(
                what=item,
                minimum=minimum,
                maximum=maximum,
                usd_each=usd,
                checked=checked,
                uncertain=uncertain,
            )
        )
    return MonthlyCost(lines=tuple(lines), unpriced=tuple(unpriced))


def hourly_fleet(side: Assembly) -> Mapping[str, Decimal]:
    """Dollars an hour of one instance of each type that runs, where it has a price."""
    found = {}
    for fleet in fleets(side, References(side)):
        price = _price(fleet.instance_type)
        region = side.regions.get(fleet.key[0], "us-east-1")
        if price is not None and price[0] == region:
            found[fleet.instance_type] = price[1] / HOURS_A_MONTH
    return found


def _price(item: str) -> tuple[str, Decimal, date, bool] | None:
    """Region, dollars a month, day and doubt."""
    instance = EC2_PRICES.get(item) or HOSTING_PRICES.get(item)
    if instance is not None:
        monthly = instance.usd_per_hour * HOURS_A_MONTH
        return instance.region, monthly, instance.checked, instance.uncertain
    fixed = FIXED_PRICES.get(item)
    if fixed is None:
        return None
    monthly = fixed.usd * (HOURS_A_MONTH if fixed.per == "hour" else 1)
    return fixed.region, monthly, fixed.checked, fixed.uncertain


def _items(side: Assembly) -> Iterator[tuple[str, str, float, float]]:
    """Region, what, at least, at most."""
    groups = {}
    for fleet in fleets(side, References(side)):
        region = side.regions.get(fleet.key[0], "us-east-1")
        # of several types the first one is what the group asks for first
        yield region, fleet.instance_type.split(" or ")[0], fleet.minimum, fleet.maximum
        groups[fleet.key] = fleet
    for (stack, logical_id), resource in side.resources().items():
        region = side.regions.get(stack, "us-east-1")
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind in _COUNTED:
            yield region, _COUNTED[kind], 1, 1
        elif kind == "AWS::ElasticLoadBalancingV2::LoadBalancer":
            name = "network" if properties.get("Type") == "network" else "application"
            yield region, f"{name}-load-balancer", 1, 1
        elif kind == "AWS::EC2::VPCEndpoint" and properties.get("VpcEndpointType") == "Interface":
            zones = len(properties.get("SubnetIds", [])) or 1
            yield region, "interface-endpoint", zones, zones
        elif kind == "AWS::EC2::Instance":
            size = _disk_gib(properties.get("BlockDeviceMappings", []))
            yield region, "gp3-gib", size, size
        elif kind == "AWS::AutoScaling::AutoScalingGroup":
            size = _disk_gib(_launched_disks(side, stack, properties))
            fleet = groups[stack, logical_id]
            if size:
                yield region, "gp3-gib", size * fleet.minimum, size * fleet.maximum


def _launched_disks(side: Assembly, stack: str, group: Mapping[str, object]) -> object:
    references = References(side)
    chosen = group.get("LaunchTemplate") or group.get("MixedInstancesPolicy")
    for reference in references.found(stack, chosen):
        launched = side.resources()[reference.key]
        if launched["Type"] == "AWS::EC2::LaunchTemplate":
            return launched["Properties"]["LaunchTemplateData"].get("BlockDeviceMappings", [])
    return []


def _disk_gib(mappings: object) -> float:
    if not isinstance(mappings, list):
        return 0
    return sum(
        number(mapping.get("Ebs", {}).get("VolumeSize"), default=0)
        for mapping in mappings
        if mapping.get("Ebs", {}).get("VolumeType") == "gp3"
    )
