"""The price that a figure rests on, with where and when it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from accelerator_catalog import EC2_PRICES, HOSTING_PRICES, Ec2Price, HostingPrice
from load_client.report import Price

_PRICES: Mapping[str, Ec2Price | HostingPrice] = {**EC2_PRICES, **HOSTING_PRICES}

_SMALLEST, _LARGEST = Decimal("0.000001"), Decimal(1000)
"""What an instance may cost an hour, in dollars."""


class UnknownPriceError(ValueError):
    """No price is known; the text says what to write instead."""


@dataclass(frozen=True, kw_only=True)
class PriceBasis:
    """US dollars an hour of ``instances`` instances, together."""

    label: str
    usd_per_hour: Decimal
    instances: int
    source: str
    checked: date | None
    uncertain: bool

    @property
    def sentence(self) -> str:
        """What the price is for and where it is from, for beside the figure."""
        each = self.usd_per_hour / self.instances
        count = "" if self.instances == 1 else f"{self.instances} x ${each:f} for "
        read = "" if self.checked is None else f", read {self.checked.isoformat()}"
        doubt = ", not confirmed" if self.uncertain else ""
        return f"{count}{self.label} ({self.source}{read}{doubt})"

    def of_server(self, server: str) -> Price:
        """As a report keeps it."""
        return Price(server=server, usd_per_hour=float(self.usd_per_hour), basis=self.sentence)


def catalogue_price(instance_type: str, *, region: str, instances: int = 1) -> PriceBasis:
    """The catalogue's on-demand price. Raises UnknownPriceError where it has none."""
    price = _PRICES.get(instance_type)
    if price is None:
        near = get_close_matches(instance_type, _PRICES, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UnknownPriceError(
            f"no price of {instance_type} in the catalogue; {hint}Give it with --usd-per-hour"
        )
    if price.region != region:
        raise UnknownPriceError(
            f"the catalogue's price of {instance_type} is that of {price.region}, not of {region};"
            " give it with --usd-per-hour"
        )
    return PriceBasis(
        label=f"{instance_type} in {region}, on demand",
        usd_per_hour=price.usd_per_hour * _counted(instances),
        instances=instances,
        source=price.source,
        checked=price.checked,
        uncertain=price.uncertain,
    )


def given_price(usd_per_hour: str, *, label: str, instances: int = 1) -> PriceBasis:
    """A price from the command line. Raises UnknownPriceError unless it is a positive number."""
    try:
        value = Decimal(usd_per_hour)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not _SMALLEST <= value <= _LARGEST:
        raise UnknownPriceError(
            f"--usd-per-hour must be a positive number such as 0.362, got {usd_per_hour!r}"
        )
    return PriceBasis(
        label=label,
        usd_per_hour=value * _counted(instances),
        instances=instances,
        source="as given",
        checked=None,
        uncertain=False,
    )


def _counted(instances: int) -> int:
    if instances < 1:
        raise UnknownPriceError(f"--instances must be at least 1, got {instances}")
    return instances
