"""The articles' own arithmetic, with the corrections that their figures need.

The YOLOv4 article names inf1.xlarge; its $1.362 is the launch price of inf1.2xlarge. Its 106 FPS
divide by 47 s where 47.505 s were measured.
"""

from __future__ import annotations

import pytest

from inferctl.cost.price_basis import catalogue_price
from load_client.cost import saving_percent, usd_per_million, usd_per_year
from load_client.report import Run
from tests.container.load_client.simulated import any_run

TWO_HOURS = 7200.0
INF1_IMAGES = 857_600  # "more than 856,000"; the exact count that gives $1.362
G4DN_IMAGES = 486_400  # "486,000", likewise for $2.163


def _run(images: int, seconds: float = TWO_HOURS) -> Run:
    return any_run(calls=images, elapsed_seconds=seconds)


def _today(instance_type: str) -> float:
    price = catalogue_price(instance_type, region="us-east-1").of_server("article")
    return price.usd_per_hour


def _cents(value: float) -> str:
    return f"{value:.3f}"


def test_the_articles_cost_per_million_is_that_of_inf1_2xlarge_at_launch() -> None:
    inf1 = usd_per_million(_run(INF1_IMAGES), 0.584)
    g4dn = usd_per_million(_run(G4DN_IMAGES), 0.526)

    assert _cents(inf1) == "1.362"
    assert _cents(g4dn) == "2.163"
    assert round(saving_percent(g4dn, inf1)) == 37


def test_the_rounded_image_counts_give_nearly_the_same() -> None:
    inf1 = usd_per_million(_run(856_000), 0.584)
    g4dn = usd_per_million(_run(486_000), 0.526)

    assert (_cents(inf1), _cents(g4dn)) == ("1.364", "2.165")


def test_the_size_that_the_article_names_would_cost_less_than_half() -> None:
    assert _cents(usd_per_million(_run(856_000), _today("inf1.xlarge"))) == "0.533"


def test_at_todays_prices_inf1_costs_61_percent_less() -> None:
    inf1 = usd_per_million(_run(856_000), _today("inf1.2xlarge"))
    g4dn = usd_per_million(_run(486_000), _today("g4dn.xlarge"))

    assert _cents(inf1) == "0.846"
    assert round(saving_percent(g4dn, inf1)) == 61


def test_the_newer_yolov4_figure() -> None:
    assert _cents(usd_per_million(_run(1803, 10), _today("inf1.2xlarge"))) == "0.558"


def test_images_a_second_of_the_accuracy_run() -> None:
    assert _run(5000, 47.505).inferences_per_second == pytest.approx(105.25, abs=0.005)


def test_elastic_inference_lowered_the_median_by_77_7_percent() -> None:
    assert saving_percent(1.30, 0.29) == pytest.approx(77.7, abs=0.05)


def test_one_gpu_instance_all_year() -> None:
    assert round(usd_per_year(_today("ml.g4dn.4xlarge"))) == 13_184
