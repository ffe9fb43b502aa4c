"""Neuron images resolve where they are published, and say which SDK and cores they carry."""

from __future__ import annotations

import pytest

from accelerator_catalog import (
    END_OF_LIFE,
    NEURON_CORES,
    NEURON_IMAGES,
    NEURON_INSTANCES,
    REGIONS,
    UnknownImageError,
    driver_window,
    neuron_image_uri,
    sdk_of_image,
    sdk_problem,
)
from accelerator_catalog.neuron_images import PRIVATE_REGIONS
from accelerator_catalog.neuron_sdks import parts


@pytest.mark.parametrize(
    ("id_", "region", "uri"),
    [
        (
            "tensorflow-inference-neuron-1.15.4",
            "us-east-1",
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference-neuron:"
            "1.15.4-neuron-py37-ubuntu18.04",
        ),
        (
            "tensorflow-inference-neuron",
            "eu-west-1",
            "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference-neuron:"
            "1.15.5-neuron-py38-sdk2.8.0-ubuntu20.04",
        ),
        (
            "pytorch-inference-neuronx",
            "eu-north-1",
            "public.ecr.aws/neuron/pytorch-inference-neuronx:"
            "2.9.0-neuronx-py312-sdk2.31.1-ubuntu24.04",
        ),
        (
            "pytorch-inference-neuron",
            "ap-south-1",
            "public.ecr.aws/neuron/pytorch-inference-neuron:"
            "1.13.1-neuron-py310-sdk2.20.2-ubuntu20.04",
        ),
    ],
)
def test_image_is_named_as_hosts_of_the_region_pull_it(id_: str, region: str, uri: str) -> None:
    assert neuron_image_uri(NEURON_IMAGES[id_], region) == uri


@pytest.mark.parametrize(
    ("id_", "region", "message"),
    [
        (
            "tensorflow-inference-neuron",
            "eu-west-2",
            "tensorflow-inference-neuron is not published in eu-west-2 but in ap-northeast-1,",
        ),
        (
            "tensorflow-inference-neuron",
            "cn-north-1",
            "tensorflow-inference-neuron is not published in cn-north-1 but in ap-northeast-1,",
        ),
        (
            "pytorch-inference-neuronx",
            "cn-north-1",
            "pytorch-inference-neuronx is in the public registry, which cn-north-1 does not have;"
            " copy it to your own repository in cn-north-1 and name that",
        ),
        ("pytorch-inference-neuron", "mars-1", "there is no region mars-1; use one of"),
    ],
)
def test_unpublished_images_are_refused(id_: str, region: str, message: str) -> None:
    with pytest.raises(UnknownImageError) as caught:
        neuron_image_uri(NEURON_IMAGES[id_], region)

    assert str(caught.value).startswith(message)


def test_every_image_resolves_or_is_refused_in_every_region() -> None:
    for image in NEURON_IMAGES.values():
        for region in REGIONS:
            published = (
                REGIONS[region].partition == "aws" if image.public else region in PRIVATE_REGIONS
            )
            if published:
                uri = neuron_image_uri(image, region)
                assert uri.endswith(f"/{image.repository}:{image.tag}")
                assert sdk_of_image(uri) == image.sdk
            else:
                with pytest.raises(UnknownImageError):
                    neuron_image_uri(image, region)


@pytest.mark.parametrize(
    ("uri", "sdk"),
    [
        ("repo/own:1.0-sdk2.27.1-ubuntu24.04", "2.27.1"),
        ("repo/own:1.0-sdk2.27.1", "2.27.1"),
        ("repo/own:1.0-sdk2.27-v1.1", "2.27"),
        ("repo/own:2.9.0-sdk2.31.1-ubuntu24.04@sha256:00ff", "2.31.1"),
        ("localhost:5000/tensorflow-inference-neuron:1.15.4-neuron-py37-ubuntu18.04", "1.11.0"),
        ("r/tensorflow-inference-neuron:1.15.4-neuron-py37-ubuntu18.04-v1.1", "1.11.0"),
        ("r/tensorflow-inference:1.15.4-neuron-py37-ubuntu18.04", None),
        ("localhost:5000/own", None),
        ("own:latest", None),
        ("own@sha256:00ff", None),
        ("", None),
    ],
)
def test_sdk_of_an_image_comes_from_its_tag_or_the_catalogue(uri: str, sdk: str | None) -> None:
    assert sdk_of_image(uri) == sdk


def test_images_run_on_a_type_of_each_generation_that_they_name() -> None:
    for image in NEURON_IMAGES.values():
        assert image.core_versions <= set(NEURON_CORES)
        for version in image.core_versions:
            types = [row for row in NEURON_INSTANCES.values() if row.core_version == version]
            assert any(sdk_problem(image.sdk, row) is None for row in types), image.id


def test_images_bound_the_host_driver_as_their_sdk_does() -> None:
    for image in NEURON_IMAGES.values():
        window = driver_window(image.sdk)

        assert image.minimum_driver == window.minimum_driver
        assert image.refused_from == window.refused_from


def test_no_inf1_image_is_beyond_the_last_sdk_of_inf1() -> None:
    inf1 = [image for image in NEURON_IMAGES.values() if 1 in image.core_versions]

    assert len(inf1) == 4
    for image in inf1:
        assert image.core_versions == {1}
        assert parts(image.sdk) <= parts("2.20.2")


def test_pytorch_on_inferentia2_is_pinned_to_its_last_image() -> None:
    image = NEURON_IMAGES["pytorch-inference-neuronx"]

    assert image.sdk == "2.31.1"
    assert image.last_of_its_line
    assert image.id in END_OF_LIFE


def test_articles_image_needs_a_runtime_that_ended() -> None:
    image = NEURON_IMAGES["tensorflow-inference-neuron-1.15.4"]

    assert parts(image.sdk) < parts("1.16")
    assert image.uncertain == ("sdk",)
    successor = NEURON_IMAGES["tensorflow-inference-neuron"]
    assert successor.tag.startswith("1.15.5-")
    assert END_OF_LIFE["neuron-runtime-1"].replacement == (
        f"{successor.repository} 1.15.5 with SDK {successor.sdk}"
    )
