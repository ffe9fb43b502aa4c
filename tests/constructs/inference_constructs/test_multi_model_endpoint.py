"""Grants, imports and the properties that the platforms of reference do not use."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Match, Template

from inference_constructs import (
    ContainerSettings,
    ModelCacheSetting,
    ModelData,
    MultiModelEndpoint,
    MultiModelEndpointProps,
    ServingImage,
)


@pytest.fixture
def endpoint(stack: cdk.Stack, vpc: ec2.IVpc, model_data: ModelData) -> MultiModelEndpoint:
    return MultiModelEndpoint(
        stack,
        "Endpoint",
        MultiModelEndpointProps(
            endpoint_name="fleet",
            image=ServingImage.stock("23.12-py3"),
            model_data=model_data,
            vpc=vpc,
            instance_type="ml.p3.2xlarge",
            volume_size_gb=512,
            container=ContainerSettings(
                model_cache_setting=ModelCacheSetting.DISABLED,
                model_data_download_timeout=cdk.Duration.minutes(20),
                startup_health_check_timeout=cdk.Duration.minutes(10),
            ),
        ),
    )


@pytest.fixture
def caller(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def _granted(stack: cdk.Stack) -> dict[str, object]:
    policies = Template.from_stack(stack).find_resources(
        "AWS::IAM::Policy", {"Properties": {"Roles": [{"Ref": Match.string_like_regexp("Caller")}]}}
    )
    (policy,) = policies.values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    return dict(statement)


def test_grant_invoke_is_limited_to_this_endpoint(
    stack: cdk.Stack, endpoint: MultiModelEndpoint, caller: iam.Role
) -> None:
    endpoint.grant_invoke(caller).assert_success()

    assert _granted(stack) == {
        "Action": "sagemaker:InvokeEndpoint",
        "Effect": "Allow",
        "Resource": stack.resolve(endpoint.endpoint_arn),
    }


def test_grant_invoke_can_be_limited_to_single_models(
    stack: cdk.Stack, endpoint: MultiModelEndpoint, caller: iam.Role
) -> None:
    endpoint.grant_invoke(caller, target_models=["minilm/*", "resnet50/*"])

    assert _granted(stack)["Condition"] == {
        "StringLike": {"sagemaker:TargetModel": ["minilm/*", "resnet50/*"]}
    }


@pytest.mark.parametrize(
    ("target_models", "message"),
    [
        ([], r"target_models must name at least one pattern, got none \(leave it out"),
        ([""], r"target_models must hold 1 to 1024 characters each .* got \[''\]"),
        (["/minilm/*"], r"not start with '/', got \['/minilm/\*'\]"),
        (["a" * 1025], "1 to 1024 characters"),
    ],
)
def test_patterns_that_match_nothing_are_rejected(
    endpoint: MultiModelEndpoint, caller: iam.Role, target_models: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        endpoint.grant_invoke(caller, target_models=target_models)


def test_an_endpoint_of_another_stack_can_be_invoked_by_name(
    stack: cdk.Stack, caller: iam.Role
) -> None:
    imported = MultiModelEndpoint.from_endpoint_name(stack, "Imported", "fleet")

    imported.grant_invoke(caller)

    assert imported.endpoint_name == "fleet"
    assert _granted(stack)["Resource"] == {
        "Fn::Join": [
            "",
            [
                "arn:aws:sagemaker:us-east-1:",
                {"Ref": "AWS::AccountId"},
                ":endpoint/fleet",
            ],
        ]
    }


@pytest.mark.usefixtures("endpoint")
def test_ebs_volume_timeouts_and_cache_are_set_and_the_volume_is_encrypted(
    stack: cdk.Stack, model_data: ModelData
) -> None:
    template = Template.from_stack(stack)

    template.has_resource_properties(
        "AWS::SageMaker::EndpointConfig",
        {
            "KmsKeyId": model_data.key.key_arn,
            "ProductionVariants": [
                {
                    "VolumeSizeInGB": 512,
                    "ModelDataDownloadTimeoutInSeconds": 1200,
                    "ContainerStartupHealthCheckTimeoutInSeconds": 600,
                }
            ],
        },
    )
    template.has_resource_properties(
        "AWS::SageMaker::Model",
        {"PrimaryContainer": {"MultiModelConfig": {"ModelCacheSetting": "Disabled"}}},
    )


def test_an_image_is_taken_from_the_registry_account_given(stack: cdk.Stack) -> None:
    image = ServingImage.stock("26.05-py3", registry_account="111122223333").bind(stack)

    assert image.uri == (
        "111122223333.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tritonserver:26.05-py3"
    )
    assert image.repository_arn == (
        "arn:aws:ecr:us-east-1:111122223333:repository/sagemaker-tritonserver"
    )


def test_an_unknown_tag_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"tag must be one of 22.10-py3, .*, got '26.05'"):
        ServingImage.stock("26.05")


def test_a_stack_without_a_region_is_rejected(tmp_path: Path) -> None:
    agnostic = cdk.Stack(cdk.App(outdir=str(tmp_path)), "Agnostic")

    with pytest.raises(ValueError, match="needs a region known at synthesis"):
        ServingImage.stock("26.05-py3").bind(agnostic)
