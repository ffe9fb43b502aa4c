"""Prices of what costs while it merely exists, in us-east-1; inputs to estimates, no invoice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from accelerator_catalog.fact import Fact


@dataclass(frozen=True, kw_only=True)
class FixedPrice(Fact):
    """US dollars an hour or a month of one ``item``; ``uncertain`` where nothing of 2026 has it."""

    item: str
    region: str
    usd: Decimal
    per: Literal["hour", "month"]
    uncertain: bool


_NAT = "https://www.zacfukuda.com/blog/aws-nat-gateway-vs-vpc-endpoint (2026-06-01)"
_LAST_KNOWN = "last known price, not confirmed in 2026"


def _price(item: str, usd: str, per: Literal["hour", "month"], source: str) -> FixedPrice:
    return FixedPrice(
        item=item,
        region="us-east-1",
        usd=Decimal(usd),
        per=per,
        uncertain=source == _LAST_KNOWN,
        source=source,
    )


_ROWS = (
    _price("nat-gateway", "0.045", "hour", _NAT),
    # of each zone that it has an interface in
    _price("interface-endpoint", "0.01", "hour", _NAT),
    _price("public-ipv4-address", "0.005", "hour", _LAST_KNOWN),
    _price("application-load-balancer", "0.0225", "hour", _LAST_KNOWN),
    _price("network-load-balancer", "0.0225", "hour", _LAST_KNOWN),
    _price("kms-key", "1", "month", _LAST_KNOWN),
    _price("gp3-gib", "0.08", "month", _LAST_KNOWN),
    _price("cloudwatch-alarm", "0.1", "month", _LAST_KNOWN),
    _price("cloudwatch-dashboard", "3", "month", _LAST_KNOWN),
)

FIXED_PRICES: Mapping[str, FixedPrice] = MappingProxyType({row.item: row for row in _ROWS})
