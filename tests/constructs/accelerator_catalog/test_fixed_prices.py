"""Prices of what costs while it exists."""

from __future__ import annotations

from accelerator_catalog import FIXED_PRICES, REGIONS


def test_every_price_is_positive_and_names_its_source_day_and_region() -> None:
    for item, price in FIXED_PRICES.items():
        assert item == price.item and price.usd > 0
        assert price.source and price.checked and price.region in REGIONS


def test_a_price_without_a_source_of_2026_is_marked() -> None:
    assert not FIXED_PRICES["nat-gateway"].uncertain
    assert all(
        price.uncertain == ("not confirmed" in price.source) for price in FIXED_PRICES.values()
    )
