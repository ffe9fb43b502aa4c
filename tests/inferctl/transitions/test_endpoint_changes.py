"""What a platform engineer changes at an endpoint, deployed in order under a caller's eyes.

The tests run in the order of the file: each continues where the one before it stopped.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from inferctl.commands._two_steps import TwoStepsNeededError, refuse_two_steps
from inferctl.endpoint_client import EndpointClient
from inferctl.localaws.serving.host_runner import choose_runner
from inferctl.localaws.serving.runner import StartError
from inferctl.transitions import two_step_plans

from .platform_account import REGION, PlatformAccount, platform_account
from .tiny_models import asked_all_the_time, client_of, factor_of, write_model

pytestmark = pytest.mark.server

PLATFORM = """
platform: tiny
deploy_to: embedded
region: us-east-1
removal: destroy
network: {{nat_gateways: 1}}
endpoint:
  instance_type: {instance_type}
  initial_instance_count: {count}
  image: {{tag: {tag}}}
  inference_ami: {ami}
  environment: {environment}
  scaling: {scaling}
models: [{models}]
"""
BEFORE: dict[str, Any] = {
    "instance_type": "ml.g4dn.xlarge",
    "count": 2,
    "tag": "26.05-py3",
    "ami": "auto",
    "environment": "{}",
    "scaling": "{min_instances: 1, max_instances: 3}",
    "models": "{name: one}",
}
NEW_CONFIGURATION = [
    "SageMaker.CreateEndpointConfig",
    "SageMaker.UpdateEndpoint",
    "SageMaker.DeleteEndpointConfig",
]
NEW_MODEL = ["SageMaker.CreateModel", *NEW_CONFIGURATION, "SageMaker.DeleteModel"]


def platform(**changes: Any) -> str:
    return PLATFORM.format(**{**BEFORE, **changes})


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformAccount]:
    try:
        choose_runner()
    except StartError as error:
        pytest.skip(str(error))
    with platform_account(tmp_path_factory.mktemp("endpoint")) as account:
        write_model(account.models, "one", 2)
        write_model(account.models, "two", 3)
        account.deploy(platform())
        yield account


@pytest.fixture
def client(account: PlatformAccount) -> EndpointClient:
    client = client_of(account, "tiny")
    assert factor_of(client, "one") in (2, 5)
    return client


def sagemaker_calls(account: PlatformAccount) -> list[str]:
    """What changed at SageMaker and at the scaling of its endpoint, in order."""
    services = ("SageMaker.", "AnyScaleFrontendService.")
    return [one for one in account.calls.writes() if one.startswith(services)]


def instances(account: PlatformAccount) -> tuple[str, int]:
    """Type and count of the endpoint's instances."""
    sagemaker = account.aws.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName="tiny-models")
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    kind = config["ProductionVariants"][0]["InstanceType"]
    return kind, endpoint["ProductionVariants"][0]["DesiredInstanceCount"]


def scale(account: PlatformAccount, count: int) -> None:
    """What auto scaling does."""
    account.aws.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName="tiny-models",
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": count}],
    )


def limits(account: PlatformAccount) -> list[tuple[int, int]]:
    targets = account.aws.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="sagemaker"
    )["ScalableTargets"]
    return [(one["MinCapacity"], one["MaxCapacity"]) for one in targets]


def test_a_model_is_added_without_a_touch_of_the_endpoint(
    account: PlatformAccount, client: EndpointClient
) -> None:
    with asked_all_the_time(client, "one") as heard:
        changed = account.deploy(platform(models="{name: one}, {name: two}"))

    assert changed == ["tiny-models"]
    assert sagemaker_calls(account) == []
    assert (set(heard.factors), heard.failures) == ({2}, [])
    assert factor_of(client, "two") == 3


def test_a_changed_model_answers_without_a_touch_of_the_endpoint(
    account: PlatformAccount, client: EndpointClient
) -> None:
    write_model(account.models, "one", 5)

    with asked_all_the_time(client, "one") as heard:
        changed = account.deploy(platform(models="{name: one}, {name: two}"))

    assert changed == ["tiny-models"]
    assert sagemaker_calls(account) == []
    assert heard.failures == []
    # the old one until the index names the new one, and never the old one again
    assert heard.factors == sorted(heard.factors)
    assert (heard.factors[0], heard.factors[-1]) == (2, 5)


def test_a_removed_model_takes_no_other_with_it(
    account: PlatformAccount, client: EndpointClient
) -> None:
    with asked_all_the_time(client, "one") as heard:
        changed = account.deploy(platform())

    assert changed == ["tiny-models"]
    assert sagemaker_calls(account) == []
    assert (set(heard.factors), heard.failures) == ({5}, [])
    assert list(client.index()["models"]) == ["one"]


QUIET = {"environment": "{SAGEMAKER_TRITON_LOG_INFO: 'false'}"}
OLDER = {**QUIET, "tag": "24.05-py3", "ami": "al2-ami-sagemaker-inference-gpu-3-1"}


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        (QUIET, NEW_MODEL),
        ({**QUIET, "ami": "al2023-ami-sagemaker-inference-gpu-4-1"}, []),
        (OLDER, NEW_MODEL),
        ({**OLDER, "ami": "al2023-ami-sagemaker-inference-gpu-4-1"}, NEW_CONFIGURATION),
        ({**OLDER, "count": 3}, NEW_CONFIGURATION),
        ({}, NEW_MODEL),
    ],
)
def test_a_new_configuration_replaces_the_old_one_behind_the_endpoint(
    account: PlatformAccount, client: EndpointClient, change: dict[str, Any], calls: list[str]
) -> None:
    scale(account, 2)
    endpoint = account.physical_ids("tiny-endpoint", "AWS::SageMaker::Endpoint")

    with asked_all_the_time(client, "one") as heard:
        account.deploy(platform(**change))

    assert sagemaker_calls(account) == calls
    assert account.physical_ids("tiny-endpoint", "AWS::SageMaker::Endpoint") == endpoint
    assert (set(heard.factors), heard.failures) == ({5}, [])
    # what scaling has set outlives the deployment
    assert instances(account) == ("ml.g4dn.xlarge", 2)


def test_other_scaling_limits_change_the_target_alone(
    account: PlatformAccount, client: EndpointClient
) -> None:
    with asked_all_the_time(client, "one") as heard:
        account.deploy(platform(scaling="{min_instances: 2, max_instances: 6}"))

    assert sagemaker_calls(account) == ["AnyScaleFrontendService.RegisterScalableTarget"]
    assert limits(account) == [(2, 6)]
    assert heard.failures == []


def test_an_instance_type_under_scaling_is_refused_before_it_fails_half_way(
    account: PlatformAccount, client: EndpointClient
) -> None:
    for scaling in ("off", BEFORE["scaling"]):
        wanted = platform(instance_type="ml.g5.xlarge", scaling=scaling)
        (plan,) = account.refused(wanted)
        assert (plan.stack, plan.resource_type) == ("tiny-endpoint", "AWS::SageMaker::Endpoint")
        assert "from ml.g4dn.xlarge to ml.g5.xlarge" in plan.reason
    # as `inferctl up` finds it, from what CloudFormation has
    with pytest.raises(TwoStepsNeededError, match="nothing was deployed: a change needs two"):
        refuse_two_steps(["tiny-endpoint"], account.assembly, region=REGION, url=account.aws.url)

    with asked_all_the_time(client, "one") as heard:
        said = account.fails(wanted)

    assert "must be deregistered as scalable targets" in said
    assert instances(account) == ("ml.g4dn.xlarge", 2)
    assert limits(account) == [(2, 6)]
    assert heard.failures == []


def test_the_two_steps_change_the_instance_type_while_it_serves(
    account: PlatformAccount, client: EndpointClient
) -> None:
    with asked_all_the_time(client, "one") as heard:
        account.deploy(platform(scaling="off", count=2))
        first = sagemaker_calls(account)
        account.deploy(platform(instance_type="ml.g5.xlarge"))
        second = sagemaker_calls(account)

    assert first == [
        "AnyScaleFrontendService.DeleteScalingPolicy",
        "AnyScaleFrontendService.DeregisterScalableTarget",
    ]
    assert second == [
        "SageMaker.CreateEndpointConfig",
        "SageMaker.UpdateEndpoint",
        "AnyScaleFrontendService.RegisterScalableTarget",
        "AnyScaleFrontendService.PutScalingPolicy",
        "SageMaker.DeleteEndpointConfig",
    ]
    assert instances(account) == ("ml.g5.xlarge", 2)
    assert limits(account) == [(1, 3)]
    assert (set(heard.factors), heard.failures) == ({5}, [])


def test_another_rotation_of_the_key_leaves_everything_where_it_is(
    account: PlatformAccount, client: EndpointClient
) -> None:
    kind = "AWS::KMS::Key"
    before, after = account.templates, copy.deepcopy(account.templates)
    keys = account.physical_ids("tiny-models", kind)
    for resource in after["tiny-models"]["Resources"].values():
        if resource["Type"] == kind:
            resource["Properties"]["RotationPeriodInDays"] = 180

    assert two_step_plans(before, after) == ()
    with asked_all_the_time(client, "one") as heard:
        changed = account.apply(after)

    assert changed == ["tiny-models"]
    assert account.physical_ids("tiny-models", kind) == keys
    assert (set(heard.factors), heard.failures) == ({5}, [])
    assert account.calls.writes() == ["TrentService.EnableKeyRotation"]


def test_a_stack_that_the_new_file_lacks_has_to_be_destroyed_first(
    account: PlatformAccount,
) -> None:
    gone = "platform: tiny\ndeploy_to: embedded\nregion: us-east-1\nremoval: destroy\n"
    plans = account.refused(gone + "network: {nat_gateways: 1}\n")

    assert {plan.stack for plan in plans} == {"tiny-network"}
    assert "`cdk destroy tiny-endpoint` with the platform file as it was" in plans[0].steps[0]
    assert "in use by tiny-endpoint" in account.fails(gone + "network: {nat_gateways: 1}\n")


def test_the_whole_platform_goes_in_an_order_that_each_service_takes(
    account: PlatformAccount,
) -> None:
    account.destroy()

    assert sagemaker_calls(account) == [
        "AnyScaleFrontendService.DeleteScalingPolicy",
        "AnyScaleFrontendService.DeregisterScalableTarget",
        "SageMaker.DeleteEndpoint",
        "SageMaker.DeleteEndpointConfig",
        "SageMaker.DeleteModel",
    ]
    (bucket,) = account.aws.leftovers()["leftovers"]
    assert bucket.startswith("s3 cdk-hnb659fds-assets-")
    assert account.aws.leftovers()["retained"] == []
