"""On-demand prices of SageMaker hosting in us-east-1; inputs to estimates, not an invoice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from accelerator_catalog.fact import Fact


@dataclass(frozen=True, kw_only=True)
class HostingPrice(Fact):
    """US dollars an hour of one instance; ``uncertain`` where derived from the EC2 price."""

    instance_type: str
    region: str
    usd_per_hour: Decimal
    uncertain: bool


_TABLE = "third-party tables of the public price list"
_BLOG = "blog post of 2025-10; other pages give 1.006 and 1.21"
_EC2_RATIO = "EC2 price times the hosting ratio of the listed types (1.4 for xlarge, else 1.25)"


def _price(instance_type: str, usd_per_hour: str, source: str) -> HostingPrice:
    return HostingPrice(
        instance_type=instance_type,
        region="us-east-1",
        usd_per_hour=Decimal(usd_per_hour),
        uncertain=source != _TABLE,
        source=source,
    )


_ROWS = (
    _price("ml.g4dn.xlarge", "0.7364", _TABLE),
    _price("ml.g4dn.2xlarge", "0.94", _TABLE),
    _price("ml.g4dn.4xlarge", "1.505", _TABLE),
    _price("ml.g5.xlarge", "1.408", _BLOG),
    _price("ml.g5.2xlarge", "1.515", _TABLE),
    _price("ml.g5.4xlarge", "2.03", _TABLE),
    _price("ml.g6.xlarge", "1.127", _EC2_RATIO),
    _price("ml.g6.2xlarge", "1.222", _EC2_RATIO),
    _price("ml.g6.4xlarge", "1.654", _EC2_RATIO),
    _price("ml.p3.2xlarge", "3.825", _TABLE),
)

HOSTING_PRICES: Mapping[str, HostingPrice] = MappingProxyType(
    {row.instance_type: row for row in _ROWS}
)
