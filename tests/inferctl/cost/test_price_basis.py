"""A figure always says what price it rests on."""

from __future__ import annotations

from decimal import Decimal

import pytest

from inferctl.cost.price_basis import UnknownPriceError, catalogue_price, given_price


def test_the_basis_names_what_it_is_for_source_and_date() -> None:
    sentence = catalogue_price("inf1.2xlarge", region="us-east-1").sentence

    assert sentence.startswith("inf1.2xlarge in us-east-1, on demand (skypilot-catalog")
    assert ", read 20" in sentence


def test_a_price_that_nobody_confirmed_says_so() -> None:
    assert "not confirmed" in catalogue_price("ml.g6.xlarge", region="us-east-1").sentence


def test_several_instances_cost_together() -> None:
    basis = given_price("0.5", label="inf2.xlarge", instances=4)

    assert basis.usd_per_hour == Decimal("2.0")
    assert basis.sentence == "4 x $0.5 for inf2.xlarge (as given)"


def test_a_report_keeps_price_and_basis() -> None:
    price = catalogue_price("inf1.2xlarge", region="us-east-1", instances=3).of_server("neuron")

    assert price.server == "neuron"
    assert price.usd_per_hour == pytest.approx(1.086)
    assert price.basis.startswith("3 x $0.362 for inf1.2xlarge in us-east-1")


@pytest.mark.parametrize("text", ["", "0", "-1", "free", "NaN", "Infinity"])
def test_a_price_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(UnknownPriceError, match=r"must be a positive number such as 0\.362"):
        given_price(text, label="x")


def test_an_unknown_type_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownPriceError, match=r"did you mean inf1\.2xlarge\?"):
        catalogue_price("inf1.2xlrge", region="us-east-1")


def test_another_regions_price_is_not_taken() -> None:
    with pytest.raises(UnknownPriceError, match="is that of us-east-1, not of eu-west-1"):
        catalogue_price("inf1.2xlarge", region="eu-west-1")


def test_no_instance_at_all_is_refused() -> None:
    with pytest.raises(UnknownPriceError, match="--instances must be at least 1, got 0"):
        given_price("1", label="x", instances=0)
