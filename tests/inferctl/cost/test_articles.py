"""The articles' own arithmetic, with the corrections that their figures need.

The YOLOv4 article names inf1.xlarge; its $1.362 is the launch price of inf1.2xlarge. Its 106 FPS
divide by 47 s where 47.505 s were measured.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from inferctl.cost.arithmetic import saving_percent, usd_per_million, usd_per_year
from inferctl.cost.price_basis import PriceBasis, catalogue_price, given_price

TWO_HOURS = 7200.0
INF1_IMAGES = 857_600  # "more than 856,000"; the exact count that gives $1.362
G4DN_IMAGES = 486_400  # "486,000", likewise for $2.163


def _at(usd_per_hour: str) -> PriceBasis:
    return given_price(usd_per_hour, label="article")


def _cents(value: Decimal) -> str:
    return f"{value:.3f}"


def test_the_articles_cost_per_million_is_that_of_inf1_2xlarge_at_launch() -> None:
    inf1 = usd_per_million(_at("0.584"), inferences=INF1_IMAGES, seconds=TWO_HOURS)
    g4dn = usd_per_million(_at("0.526"), inferences=G4DN_IMAGES, seconds=TWO_HOURS)

    assert _cents(inf1) == "1.362"
    assert _cents(g4dn) == "2.163"
    assert round(saving_percent(g4dn, inf1)) == 37


def test_the_rounded_image_counts_give_nearly_the_same() -> None:
    inf1 = usd_per_million(_at("0.584"), inferences=856_000, seconds=TWO_HOURS)
    g4dn = usd_per_million(_at("0.526"), inferences=486_000, seconds=TWO_HOURS)

    assert (_cents(inf1), _cents(g4dn)) == ("1.364", "2.165")


def test_the_size_that_the_article_names_would_cost_less_than_half() -> None:
    xlarge = usd_per_million(
        catalogue_price("inf1.xlarge", region="us-east-1"),
        inferences=856_000,
        seconds=TWO_HOURS,
    )

    assert _cents(xlarge) == "0.533"


def test_at_todays_prices_inf1_costs_61_percent_less() -> None:
    inf1 = usd_per_million(
        catalogue_price("inf1.2xlarge", region="us-east-1"), inferences=856_000, seconds=TWO_HOURS
    )
    g4dn = usd_per_million(
        catalogue_price("g4dn.xlarge", region="us-east-1"), inferences=486_000, seconds=TWO_HOURS
    )

    assert _cents(inf1) == "0.846"
    assert round(saving_percent(g4dn, inf1)) == 61


def test_the_newer_yolov4_figure() -> None:
    basis = catalogue_price("inf1.2xlarge", region="us-east-1")

    assert _cents(usd_per_million(basis, inferences=1803, seconds=10)) == "0.558"


def test_images_a_second_of_the_accuracy_run() -> None:
    assert pytest.approx(105.25, abs=0.005) == 5000 / 47.505


def test_elastic_inference_lowered_the_median_by_77_7_percent() -> None:
    assert saving_percent(Decimal("1.30"), Decimal("0.29")) == pytest.approx(
        Decimal("77.7"), abs=Decimal("0.05")
    )


def test_one_gpu_instance_all_year() -> None:
    basis = catalogue_price("ml.g4dn.4xlarge", region="us-east-1")

    assert round(usd_per_year(basis)) == 13_184
