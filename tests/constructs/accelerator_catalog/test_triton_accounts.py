"""Image names resolve wherever AWS publishes the tag, and nowhere else."""

from __future__ import annotations

import re

import pytest

from accelerator_catalog import (
    NEWEST_TRITON_TAG,
    REGIONS,
    TRITON_IMAGES,
    UnknownImageError,
    triton_account,
    triton_image,
    triton_image_uri,
)
from accelerator_catalog.registry_accounts import ACCOUNTS
from accelerator_catalog.triton_accounts import LEGACY_ACCOUNTS

_URI = re.compile(
    r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/sagemaker-tritonserver:[0-9.]+-py3"
)


@pytest.mark.parametrize("region", LEGACY_ACCOUNTS)
def test_seed_tag_resolves_in_every_legacy_region(region: str) -> None:
    uri = triton_image_uri(region, "23.03-py3")

    assert _URI.fullmatch(uri)
    assert uri.startswith(f"{LEGACY_ACCOUNTS[region].account}.dkr.ecr.{region}.")


@pytest.mark.parametrize("region", [name for name in ACCOUNTS if not name.startswith("cn-")])
def test_newest_tag_resolves_in_every_region_outside_china(region: str) -> None:
    uri = triton_image_uri(region, NEWEST_TRITON_TAG)

    assert _URI.fullmatch(uri)
    assert uri.endswith(f":{NEWEST_TRITON_TAG}")


def test_every_region_has_an_account_for_new_images() -> None:
    assert set(ACCOUNTS) == set(REGIONS)


@pytest.mark.parametrize(
    ("region", "tag", "uri"),
    [
        (
            "us-east-1",
            "23.03-py3",
            "785573368785.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tritonserver:23.03-py3",
        ),
        (
            "us-east-1",
            "23.12-py3",
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tritonserver:23.12-py3",
        ),
        (
            "cn-north-1",
            "23.03-py3",
            "472730292857.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-tritonserver:23.03-py3",
        ),
        (
            "cn-northwest-1",
            "25.04-py3",
            "727897471807.dkr.ecr.cn-northwest-1.amazonaws.com.cn/sagemaker-tritonserver:25.04-py3",
        ),
        (
            "us-gov-west-1",
            "26.05-py3",
            "442386744353.dkr.ecr.us-gov-west-1.amazonaws.com/sagemaker-tritonserver:26.05-py3",
        ),
        (
            "us-gov-east-1",
            "26.05-py3",
            "446045086412.dkr.ecr.us-gov-east-1.amazonaws.com/sagemaker-tritonserver:26.05-py3",
        ),
    ],
)
def test_image_uri_is_the_registry_of_the_region_and_tag(region: str, tag: str, uri: str) -> None:
    assert triton_image_uri(region, tag) == uri


def test_own_account_replaces_the_catalogue_where_it_has_none() -> None:
    uri = triton_image_uri("cn-north-1", "26.05-py3", account="210987654321")

    assert uri.startswith("210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn/")


def test_only_govcloud_accounts_are_uncertain() -> None:
    assert {region for region, row in ACCOUNTS.items() if row.uncertain} == {
        "us-gov-east-1",
        "us-gov-west-1",
    }


@pytest.mark.parametrize(
    ("region", "tag", "message"),
    [
        (
            "cn-north-1",
            "25.09-py3",
            "25.09-py3 is not published in cn-north-1; use 25.04-py3, the last tag in China",
        ),
        (
            "il-central-1",
            "23.03-py3",
            "23.03-py3 is not published in il-central-1; use 23.12-py3 or later",
        ),
        ("mars-1", "26.05-py3", "SageMaker has no region mars-1; use one of af-south-1"),
        ("us-east-1", "1.0", "there is no image 1.0; use one of 22.10-py3"),
    ],
)
def test_unpublished_images_are_refused(region: str, tag: str, message: str) -> None:
    with pytest.raises(UnknownImageError) as caught:
        triton_image_uri(region, tag)

    assert str(caught.value).startswith(message)


def test_own_account_does_not_excuse_an_unknown_region() -> None:
    with pytest.raises(UnknownImageError, match="SageMaker has no region mars-1"):
        triton_image_uri("mars-1", "26.05-py3", account="210987654321")


def test_unknown_tag_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        triton_image("1.0")


def test_accounts_are_twelve_digits() -> None:
    for region in ACCOUNTS:
        account = triton_account(region, TRITON_IMAGES["25.04-py3"]).account
        assert re.fullmatch(r"[0-9]{12}", account)
