from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches.patch import reverted
from inferctl.localaws.moto_patches.ssm_public_images import PATCHES

ECS = "/aws/service/ecs/optimized-ami"
DLAMI = "/aws/service/neuron/dlami/multi-framework/ubuntu-22.04/latest/image_id"
GPU_DLAMI = (
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id"
)


def value(aws: LocalAws, name: str, region: str = "us-east-1") -> str:
    text: str = aws.client("ssm", region).get_parameter(Name=name)["Parameter"]["Value"]
    return text


def test_moto_still_answers_with_a_text_that_is_not_json(local_aws: LocalAws) -> None:
    with reverted(*PATCHES):
        text = value(local_aws, f"{ECS}/amazon-linux-2023/neuron/recommended", "us-west-1")
        with pytest.raises(ClientError, match="ParameterNotFound"):
            value(local_aws, DLAMI, "us-west-1")
        with pytest.raises(ClientError, match="ParameterNotFound"):
            value(local_aws, f"{ECS}/amazon-linux-2023/recommended", "us-gov-west-1")

    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "cn-north-1"])
@pytest.mark.parametrize(
    "image",
    [
        "amazon-linux-2023",
        "amazon-linux-2023/neuron",
        "amazon-linux-2023/gpu",
        "amazon-linux-2/inf",
    ],
)
def test_patched_every_ecs_image_is_there(local_aws: LocalAws, image: str, region: str) -> None:
    document = json.loads(value(local_aws, f"{ECS}/{image}/recommended", region))
    ami = value(local_aws, f"{ECS}/{image}/recommended/image_id", region)

    (found,) = local_aws.client("ec2", region).describe_images(ImageIds=[ami])["Images"]

    assert document["image_id"] == ami
    assert found["Architecture"] == "x86_64"


@pytest.mark.parametrize("name", [DLAMI, GPU_DLAMI])
def test_patched_deep_learning_images_are_there(local_aws: LocalAws, name: str) -> None:
    ami = value(local_aws, name)

    assert local_aws.client("ec2").describe_images(ImageIds=[ami])["Images"]
    assert value(local_aws, name) == ami != value(local_aws, name, "eu-west-1")


def test_every_recommended_image_of_a_region_can_be_launched(local_aws: LocalAws) -> None:
    ssm, ec2 = local_aws.client("ssm"), local_aws.client("ec2")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=ECS, Recursive=True)
    named = {
        item["Value"]
        for item in pages.search("Parameters[]")
        if item["Name"].endswith("recommended/image_id")
    }

    assert named <= {image["ImageId"] for image in ec2.describe_images()["Images"]}
