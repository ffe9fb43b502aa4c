"""On-demand prices of EC2 instances with Linux in us-east-1; inputs to estimates, no invoice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from accelerator_catalog.fact import Fact


@dataclass(frozen=True, kw_only=True)
class Ec2Price(Fact):
    """US dollars an hour of one instance; ``uncertain`` where only one secondary source has it."""

    instance_type: str
    region: str
    usd_per_hour: Decimal
    uncertain: bool


_CATALOG = "skypilot-catalog v8 (00148f2), from the public price list"
_WEB = "web pages of 2026-06"
_EXAMPLE = "pricing example in AWS's documentation"
_LAST_KNOWN = "last known price, not confirmed in 2026"


def _price(instance_type: str, usd_per_hour: str, source: str) -> Ec2Price:
    return Ec2Price(
        instance_type=instance_type,
        region="us-east-1",
        usd_per_hour=Decimal(usd_per_hour),
        uncertain=source == _LAST_KNOWN,
        source=source,
    )


_ROWS = (
    _price("inf1.xlarge", "0.228", _CATALOG),
    _price("inf1.2xlarge", "0.362", _CATALOG),
    _price("inf1.6xlarge", "1.18", _CATALOG),
    _price("inf1.24xlarge", "4.721", _LAST_KNOWN),
    _price("inf2.xlarge", "0.7582", _CATALOG),
    _price("inf2.8xlarge", "1.96786", _CATALOG),
    _price("inf2.24xlarge", "6.49063", _LAST_KNOWN),
    _price("inf2.48xlarge", "12.98127", _CATALOG),
    _price("trn1.2xlarge", "1.34375", _LAST_KNOWN),
    _price("trn1.32xlarge", "21.50", _LAST_KNOWN),
    _price("g4dn.xlarge", "0.526", _CATALOG),
    _price("g5.xlarge", "1.006", _WEB),
    _price("g6.xlarge", "0.8048", _LAST_KNOWN),
    _price("c5.large", "0.085", _LAST_KNOWN),
    _price("c5.xlarge", "0.17", _LAST_KNOWN),
    _price("c5.2xlarge", "0.34", _LAST_KNOWN),
    _price("c5.4xlarge", "0.68", _EXAMPLE),
    _price("c5.9xlarge", "1.53", _LAST_KNOWN),
    _price("c6i.large", "0.085", _LAST_KNOWN),
    _price("c6i.xlarge", "0.17", _LAST_KNOWN),
    _price("c6i.2xlarge", "0.34", _LAST_KNOWN),
    _price("c6i.4xlarge", "0.68", _LAST_KNOWN),
    _price("c6i.8xlarge", "1.36", _LAST_KNOWN),
    _price("m5.large", "0.096", _LAST_KNOWN),
    _price("m5.xlarge", "0.192", _LAST_KNOWN),
    _price("m5.2xlarge", "0.384", _LAST_KNOWN),
    _price("m5.4xlarge", "0.768", _LAST_KNOWN),
    _price("m5.8xlarge", "1.536", _LAST_KNOWN),
    _price("m6i.large", "0.096", _LAST_KNOWN),
    _price("m6i.xlarge", "0.192", _LAST_KNOWN),
    _price("m6i.2xlarge", "0.384", _LAST_KNOWN),
    _price("m6i.4xlarge", "0.768", _LAST_KNOWN),
    _price("m6i.8xlarge", "1.536", _LAST_KNOWN),
)

EC2_PRICES: Mapping[str, Ec2Price] = MappingProxyType({row.instance_type: row for row in _ROWS})
