"""The host image fits the container image and the GPU, or the catalogue says why none does."""

from __future__ import annotations

import pytest

from accelerator_catalog import (
    GPU_INSTANCES,
    INFERENCE_AMI_VERSIONS,
    TRITON_IMAGES,
    default_inference_ami,
    driver_problem,
    inference_ami_for,
)

_GPU_2 = "al2-ami-sagemaker-inference-gpu-2"
_GPU_3 = "al2-ami-sagemaker-inference-gpu-3-1"
_GPU_4 = "al2023-ami-sagemaker-inference-gpu-4-1"


@pytest.mark.parametrize(
    ("tag", "instance_type", "version"),
    [
        ("22.10-py3", "ml.g4dn.4xlarge", None),
        ("22.10-py3", "ml.p3.2xlarge", None),
        ("22.10-py3", "ml.g6.xlarge", None),
        ("23.03-py3", "ml.g4dn.4xlarge", _GPU_2),
        ("23.03-py3", "ml.p3.2xlarge", _GPU_2),
        ("24.05-py3", "ml.g5.xlarge", _GPU_3),
        ("24.09-py3", "ml.g5.xlarge", _GPU_3),
        ("25.04-py3", "ml.g4dn.4xlarge", _GPU_3),
        ("25.09-py3", "ml.g5.xlarge", _GPU_4),
        ("26.05-py3", "ml.g4dn.4xlarge", _GPU_4),
        ("26.05-py3", "ml.g6e.xlarge", _GPU_4),
        ("26.05-py3", "ml.p5.4xlarge", _GPU_4),
    ],
)
def test_host_image_of_a_pair(tag: str, instance_type: str, version: str | None) -> None:
    choice = inference_ami_for(TRITON_IMAGES[tag], GPU_INSTANCES[instance_type])

    assert choice.ami is not None
    assert choice.ami.version == version


def test_no_host_image_runs_cuda_13_on_volta() -> None:
    choice = inference_ami_for(TRITON_IMAGES["26.05-py3"], GPU_INSTANCES["ml.p3.2xlarge"])

    assert choice.ami is None
    assert choice.explanation == (
        "no host image for ml.p3.2xlarge has NVIDIA driver 580 or later, which CUDA 13.2 in"
        " 26.05-py3 needs"
    )


@pytest.mark.parametrize("tag", TRITON_IMAGES)
def test_chosen_host_image_boots_on_the_type_and_runs_the_image(tag: str) -> None:
    image = TRITON_IMAGES[tag]

    for instance in GPU_INSTANCES.values():
        choice = inference_ami_for(image, instance)
        if choice.ami is None:
            assert tag in choice.explanation and instance.name in choice.explanation
        else:
            assert instance.family in choice.ami.families
            assert driver_problem(image, choice.ami) is None


def test_default_host_of_g5_cannot_run_the_image_seen_to_fail_on_it() -> None:
    ami = default_inference_ami(GPU_INSTANCES["ml.g5.xlarge"])

    assert driver_problem(TRITON_IMAGES["25.04-py3"], ami) == (
        "25.04-py3 holds CUDA 12.9, which needs NVIDIA driver 525 or later, and the default host"
        " image has 470"
    )


def test_seed_image_runs_on_the_default_host_through_the_compatibility_package() -> None:
    ami = default_inference_ami(GPU_INSTANCES["ml.g4dn.4xlarge"])

    assert ami.driver < TRITON_IMAGES["23.03-py3"].minimum_driver
    assert driver_problem(TRITON_IMAGES["23.03-py3"], ami) is None


def test_host_without_the_compatibility_mount_does_not_bridge_drivers() -> None:
    assert not INFERENCE_AMI_VERSIONS[_GPU_3].cuda_compat
    assert driver_problem(TRITON_IMAGES["25.09-py3"], INFERENCE_AMI_VERSIONS[_GPU_3]) is not None


def test_every_type_has_a_default_host() -> None:
    for instance in GPU_INSTANCES.values():
        assert default_inference_ami(instance).version is None
