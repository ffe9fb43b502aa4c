"""What a multi-model endpoint refuses, and what it takes at the limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from inference_constructs import (
    ContainerSettings,
    ModelData,
    MultiModelEndpointProps,
    ServingImage,
)

MakeProps = Callable[..., MultiModelEndpointProps]


@pytest.fixture(scope="module")
def make(any_vpc: ec2.IVpc, any_model_data: ModelData) -> MakeProps:
    def make(**changed: Any) -> MultiModelEndpointProps:
        values: dict[str, Any] = {
            "endpoint_name": "fleet",
            "image": ServingImage.stock("26.05-py3"),
            "model_data": any_model_data,
            "vpc": any_vpc,
        }
        return MultiModelEndpointProps(**(values | changed))

    return make


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"endpoint_name": "my_fleet"}, "endpoint_name must be 1 to 63 .* got 'my_fleet'"),
        ({"endpoint_name": "-fleet"}, "got '-fleet'"),
        ({"endpoint_name": ""}, "got ''"),
        ({"endpoint_name": "a" * 64}, f"got '{'a' * 64}'"),
        (
            {"instance_type": "g4dn.xlarge"},
            r"instance_type must be one of ml\..* got 'g4dn.xlarge'",
        ),
        (
            {"instance_type": "ml.g5.12xlarge"},
            r"instance_type must have one GPU \(the rule .* got 'ml.g5.12xlarge' with 4",
        ),
        ({"initial_instance_count": 0}, "initial_instance_count must be at least 1, got 0"),
        (
            {"volume_size_gb": 100},
            "volume_size_gb must be left out for ml.g4dn.4xlarge, which keeps models on its own"
            " NVMe disks, got 100",
        ),
        (
            {"instance_type": "ml.p3.2xlarge"},
            "inference_ami_version has no match: no host image for ml.p3.2xlarge has NVIDIA driver"
            " 580 or later",
        ),
    ],
)
def test_props_are_rejected(make: MakeProps, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**wrong)


@pytest.mark.parametrize("size", [0, 513])
def test_a_volume_beyond_the_limits_is_rejected(make: MakeProps, size: int) -> None:
    with pytest.raises(ValueError, match=f"volume_size_gb must be 1 to 512, got {size}"):
        make(
            instance_type="ml.p3.2xlarge",
            image=ServingImage.stock("23.12-py3"),
            volume_size_gb=size,
        )


def test_a_prefix_that_is_no_folder_is_rejected(make: MakeProps, any_model_data: ModelData) -> None:
    data = ModelData(bucket=any_model_data.bucket, prefix="fleet", key=any_model_data.key)

    with pytest.raises(ValueError, match=r"must end with '/', got 'fleet' \(did you mean 'fleet/'"):
        make(model_data=data)


def test_every_problem_is_named_at_once(make: MakeProps) -> None:
    with pytest.raises(
        ValueError, match=r"endpoint_name .*; initial_instance_count .*; volume_siz"
    ):
        make(endpoint_name="-", initial_instance_count=0, volume_size_gb=1)


@pytest.mark.parametrize(
    "props",
    [
        {"endpoint_name": "a" * 63},
        {"endpoint_name": "a--b"},
        {"endpoint_name": cdk.Fn.import_value("name")},
        {"initial_instance_count": 1},
        {"inference_ami_version": None},
    ],
)
def test_props_at_the_limits_are_accepted(make: MakeProps, props: dict[str, Any]) -> None:
    make(**props)


@pytest.mark.parametrize(
    ("given", "resolved"),
    [
        ("auto", "al2023-ami-sagemaker-inference-gpu-4-1"),
        (None, None),
        ("al2-ami-sagemaker-inference-gpu-3-1", "al2-ami-sagemaker-inference-gpu-3-1"),
    ],
)
def test_host_image_is_matched_left_out_or_taken_as_given(
    make: MakeProps, given: str | None, resolved: str | None
) -> None:
    assert make(inference_ami_version=given).resolved_inference_ami_version == resolved


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"environment": {f"NAME_{index}": "" for index in range(99)}},
            "environment must hold at most 100 variables with the 2 of ours, got 101",
        ),
        (
            {"environment": {"NAME": "é" * 513}},
            "environment: names and values must be at most 1024 bytes, got 4 and 1026 for 'NAME'",
        ),
        (
            {"model_data_download_timeout": cdk.Duration.seconds(59)},
            "model_data_download_timeout must be 60 to 3600 seconds, got 59",
        ),
        (
            {"startup_health_check_timeout": cdk.Duration.seconds(3601)},
            "startup_health_check_timeout must be 60 to 3600 seconds, got 3601",
        ),
    ],
)
def test_container_settings_are_rejected(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ContainerSettings(**wrong)


def test_container_settings_at_the_limits_are_accepted() -> None:
    settings = ContainerSettings(
        environment={f"NAME_{index}": "é" * 512 for index in range(98)},
        model_data_download_timeout=cdk.Duration.seconds(60),
        startup_health_check_timeout=cdk.Duration.seconds(3600),
    )

    assert len(settings.all_environment) == 100


def test_own_variables_come_on_top_of_those_that_triton_needs() -> None:
    settings = ContainerSettings(environment={"SAGEMAKER_TRITON_LOG_VERBOSE": "true", "EXTRA": "1"})

    assert settings.all_environment == {
        "SAGEMAKER_TRITON_PING_MODE": "live",
        "SAGEMAKER_TRITON_LOG_VERBOSE": "true",
        "EXTRA": "1",
    }
