"""UpdateEndpoint, instance types and the announcement of changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches import (
    sagemaker_endpoint_changes,
    sagemaker_instance_types,
    sagemaker_update_endpoint,
)
from inferctl.localaws.moto_patches.patch import reverted

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def configure(local_aws: LocalAws) -> Callable[..., str]:
    """``configure("name", count=2, weight=0.5)`` makes an endpoint configuration."""
    sagemaker = local_aws.client("sagemaker")
    sagemaker.create_model(ModelName="m", ExecutionRoleArn="arn:aws:iam::123456789012:role/r")

    def make(name: str, *, count: int = 1, weight: float = 1.0, kind: str = "ml.g5.xlarge") -> str:
        sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "all",
                    "ModelName": "m",
                    "InstanceType": kind,
                    "InitialInstanceCount": count,
                    "InitialVariantWeight": weight,
                }
            ],
        )
        return name

    return make


def variant(aws: LocalAws, endpoint: str) -> tuple[int, float]:
    seen = aws.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    only = seen["ProductionVariants"][0]
    return only["DesiredInstanceCount"], only["DesiredWeight"]


def test_moto_still_has_no_update_endpoint(
    local_aws: LocalAws, configure: Callable[..., str]
) -> None:
    sagemaker = local_aws.client("sagemaker")
    sagemaker.create_endpoint(EndpointName="old", EndpointConfigName=configure("old"))

    with (
        reverted(*sagemaker_update_endpoint.PATCHES),
        pytest.raises(ClientError, match="NotImpl"),
    ):
        sagemaker.update_endpoint(EndpointName="old", EndpointConfigName="old")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (3, 0.25)),
        ({"RetainAllVariantProperties": False}, (3, 0.25)),
        ({"RetainAllVariantProperties": True}, (5, 0.5)),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
            },
            (5, 0.25),
        ),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [
                    {"VariantPropertyType": "DesiredInstanceCount"},
                    {"VariantPropertyType": "DataCaptureConfig"},
                ],
            },
            (3, 0.5),
        ),
    ],
)
def test_patched_an_update_keeps_what_it_was_asked_to_keep(
    local_aws: LocalAws,
    configure: Callable[..., str],
    request: pytest.FixtureRequest,
    options: dict[str, Any],
    expected: tuple[int, float],
) -> None:
    sagemaker = local_aws.client("sagemaker")
    number = request.node.callspec.indices["options"]
    name, before, after = f"e{number}", f"before{number}", f"after{number}"
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=configure(before, count=2))
    scaled = {"VariantName": "all", "DesiredInstanceCount": 5, "DesiredWeight": 0.5}
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=[scaled]
    )

    sagemaker.update_endpoint(
        EndpointName=name, EndpointConfigName=configure(after, count=3, weight=0.25), **options
    )

    seen = sagemaker.describe_endpoint(EndpointName=name)
    assert (seen["EndpointConfigName"], seen["EndpointStatus"]) == (after, "InService")
    assert variant(local_aws, name) == expected


def test_an_update_to_nothing_is_refused(
    local_aws: LocalAws, configure: Callable[..., str]
) -> None:
    sagemaker = local_aws.client("sagemaker")
    sagemaker.create_endpoint(EndpointName="here", EndpointConfigName=configure("here"))

    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        sagemaker.update_endpoint(EndpointName="here", EndpointConfigName="nowhere")
    with pytest.raises(ClientError, match="Could not find endpoint '"):
        sagemaker.update_endpoint(EndpointName="nowhere", EndpointConfigName="here")


def test_moto_still_does_not_know_g5(configure: Callable[..., str]) -> None:
    with (
        reverted(*sagemaker_instance_types.PATCHES),
        pytest.raises(ClientError, match=r"ml\.g5\.xlarge"),
    ):
        configure("g5", kind="ml.g5.xlarge")


def test_patched_it_knows_what_the_sdk_knows(configure: Callable[..., str]) -> None:
    configure("g6", kind="ml.g6.xlarge")

    with pytest.raises(ClientError, match=r"Value 'ml\.g99\.xlarge' at 'instanceType'"):
        configure("g99", kind="ml.g99.xlarge")


def test_moto_still_tells_nobody_about_endpoints(
    local_aws: LocalAws, configure: Callable[..., str], recording_serving: Any
) -> None:
    sagemaker = local_aws.client("sagemaker")
    configure("told")
    recording_serving.forgotten.clear()

    with reverted(*sagemaker_endpoint_changes.PATCHES):
        sagemaker.create_endpoint(EndpointName="told", EndpointConfigName="told")
        sagemaker.delete_endpoint(EndpointName="told")
        assert recording_serving.forgotten == []
    sagemaker.create_endpoint(EndpointName="told", EndpointConfigName="told")
    sagemaker.delete_endpoint(EndpointName="told")

    assert recording_serving.forgotten == ["told", "told"]


def register(aws: LocalAws, endpoint: str) -> dict[str, str]:
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/all",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    aws.client("application-autoscaling").register_scalable_target(
        **target, MinCapacity=1, MaxCapacity=2
    )
    return target


def test_a_registered_variant_keeps_its_instance_type_until_it_is_deregistered(
    local_aws: LocalAws, configure: Callable[..., str]
) -> None:
    sagemaker = local_aws.client("sagemaker")
    sagemaker.create_endpoint(EndpointName="held", EndpointConfigName=configure("held-g5"))
    target = register(local_aws, "held")
    other = configure("held-g4dn", kind="ml.g4dn.xlarge")

    with pytest.raises(ClientError, match=r"all.+must be deregistered as scalable targets"):
        sagemaker.update_endpoint(EndpointName="held", EndpointConfigName=other)
    sagemaker.update_endpoint(
        EndpointName="held", EndpointConfigName=configure("held-more", count=2)
    )
    local_aws.client("application-autoscaling").deregister_scalable_target(**target)
    sagemaker.update_endpoint(EndpointName="held", EndpointConfigName=other)

    seen = sagemaker.describe_endpoint(EndpointName="held")
    assert seen["EndpointConfigName"] == other


def test_a_registered_variant_is_not_removed(
    local_aws: LocalAws, configure: Callable[..., str]
) -> None:
    sagemaker = local_aws.client("sagemaker")
    sagemaker.create_endpoint(EndpointName="stays", EndpointConfigName=configure("stays"))
    register(local_aws, "stays")
    variant = {"VariantName": "other", "ModelName": "m", "InstanceType": "ml.g5.xlarge"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="without", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )

    with pytest.raises(ClientError, match="before they can be removed"):
        sagemaker.update_endpoint(EndpointName="stays", EndpointConfigName="without")
