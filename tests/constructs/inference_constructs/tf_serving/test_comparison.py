"""The construct by itself: what it refuses, and a stack of no platform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from accelerator_catalog import GPU_EC2_INSTANCES
from inference_constructs.tf_serving import (
    ClientSettings,
    ServedModel,
    ServerComparison,
    ServerComparisonProps,
    ServerImage,
    WholeGpu,
)

ROOT = Path(__file__).resolve().parents[4]


def _props(vpc: ec2.IVpc, **given: Any) -> ServerComparisonProps:
    image = ServerImage.of("tf-serving:1")
    return ServerComparisonProps(
        **{
            "accelerator": WholeGpu(GPU_EC2_INSTANCES["g5.xlarge"]),
            "model": ServedModel(name="m", uri="s3://models/m"),
            "plain_image": image,
            "accelerated_image": image,
            "client": ClientSettings(inputs=["x=FP32:1"]),
            "vpc": vpc,
            "subnet": vpc.private_subnets[0],
            "repository": ROOT,
            "memory_mib": 6144,
            **given,
        }
    )


def test_a_region_without_the_type_is_refused(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "West", env=cdk.Environment(region="us-west-1"))
    vpc = ec2.Vpc(stack, "Vpc")

    with pytest.raises(ValueError, match="must be a type that us-west-1 offers"):
        ServerComparison(stack, "Comparison", _props(vpc))


def test_wrong_days_of_retention_are_refused(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    with pytest.raises(ValueError, match="log_retention_days must be one of"):
        ServerComparison(stack, "Comparison", _props(vpc, log_retention_days=8))


def test_images_without_a_repository_of_ecr_need_no_right_to_pull(
    stack: cdk.Stack, vpc: ec2.IVpc
) -> None:
    ServerComparison(stack, "Comparison", _props(vpc))

    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    assert "ecr:" not in str(policies)


def test_memory_and_calls_are_what_is_asked_for(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    client = ClientSettings(inputs=["x=FP32:1"], calls=100)
    ServerComparison(stack, "Comparison", _props(vpc, memory_mib=4096, client=client))

    template = Template.from_stack(stack)
    template.has_resource_properties("AWS::ECS::TaskDefinition", {"Memory": "4096"})
    assert "--calls 99" in str(template.find_resources("AWS::EC2::Instance"))
