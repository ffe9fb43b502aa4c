from __future__ import annotations

import pytest

from inferctl.localaws.app import LocalAws
from inferctl.localaws.sagemaker_directory import SageMakerDirectory

pytestmark = pytest.mark.server

ROLE = "arn:aws:iam::123456789012:role/endpoint"


def test_an_endpoint_is_found_in_its_region_with_its_model(local_aws: LocalAws) -> None:
    sagemaker = local_aws.client("sagemaker", "eu-central-1")
    sagemaker.create_model(
        ModelName="m",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": "triton:26.05",
            "Mode": "MultiModel",
            "ModelDataUrl": "s3://artifacts/laptop/",
            "Environment": {"SAGEMAKER_TRITON_PING_MODE": "live"},
            "MultiModelConfig": {"ModelCacheSetting": "Disabled"},
        },
    )
    variant = {"VariantName": "all", "ModelName": "m", "InstanceType": "ml.g6.xlarge"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="c", ProductionVariants=[{**variant, "InitialInstanceCount": 2}]
    )
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")

    spec = SageMakerDirectory().lookup("e")

    assert spec is not None
    assert (spec.name, spec.config_name, spec.model_name) == ("e", "c", "m")
    assert (spec.image, spec.model_data_url) == ("triton:26.05", "s3://artifacts/laptop/")
    assert spec.environment == {"SAGEMAKER_TRITON_PING_MODE": "live"}
    assert (spec.instance_type, spec.instance_count) == ("ml.g6.xlarge", 2)
    assert (spec.variant_name, spec.model_cache, spec.multi_model) == ("all", False, True)


def test_a_single_model_has_a_cache_by_default(local_aws: LocalAws) -> None:
    sagemaker = local_aws.client("sagemaker")
    container = {"Image": "i", "ModelDataUrl": "s3://artifacts/model.tar.gz"}
    sagemaker.create_model(ModelName="s", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {"VariantName": "all", "ModelName": "s", "InstanceType": "ml.g4dn.xlarge"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="s", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    sagemaker.create_endpoint(EndpointName="s", EndpointConfigName="s")

    spec = SageMakerDirectory().lookup("s")

    assert spec is not None
    assert (spec.model_cache, spec.multi_model) == (True, False)


def test_an_endpoint_without_its_model_cannot_be_served(local_aws: LocalAws) -> None:
    sagemaker = local_aws.client("sagemaker")
    sagemaker.create_model(ModelName="gone", ExecutionRoleArn=ROLE)
    variant = {"VariantName": "all", "ModelName": "gone", "InstanceType": "ml.g4dn.xlarge"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="n", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    sagemaker.create_endpoint(EndpointName="n", EndpointConfigName="n")

    sagemaker.delete_model(ModelName="gone")

    assert SageMakerDirectory().lookup("n") is None
    assert SageMakerDirectory().lookup("unknown") is None
