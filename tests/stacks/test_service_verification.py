"""What the verification of a cluster's services promises, and may do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from endpoint_verification import contract
from golden_answers import parse_goldens
from tests.support.policies import Policies, Request, policies_of

SOURCES = "arn:aws:s3:::sources"
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/verified-cluster/1"
CLUSTER = "cluster"


def test_properties_are_exactly_those_of_the_contract(verified_services: Any) -> None:
    properties = verified_services.properties(CLUSTER, contract.SERVICE_RESOURCE_TYPE)

    assert set(properties) == set(contract.ServiceVerificationProperties.__annotations__)


def test_each_service_is_asked_at_its_load_balancer_in_its_protocol(
    verified_services: Any,
) -> None:
    folder = verified_services.directory / "goldens.verified-services"

    goldens = parse_goldens((folder / "goldens.json").read_bytes())

    assert [(each["name"], each["protocol"], each["path"]) for each in goldens] == [
        ("resnet50", "tf-serving-rest", "/v1/models/resnet:predict"),
        ("triton", "kserve-v2", "/v2/models/encoder/infer"),
    ]
    assert [each["latency_ms"] for each in goldens] == [200, None]
    properties = verified_services.properties(CLUSTER, contract.SERVICE_RESOURCE_TYPE)
    text = "".join(
        part if isinstance(part, str) else "X" for part in properties["Services"]["Fn::Join"][1]
    )
    assert json.loads(text) == {
        "resnet50": {"url": "http://X", "revision": "X X"},
        "triton": {"url": "http://X:8000", "revision": "X X"},
    }


def test_it_waits_for_every_slot(verified_services: Any) -> None:
    (resource,) = verified_services.resources(CLUSTER, contract.SERVICE_RESOURCE_TYPE)
    resources = verified_services.templates[CLUSTER]["Resources"]

    waits = [resources[name]["Type"] for name in resource["DependsOn"]]

    assert waits == ["AWS::ECS::Service"] * 4


def test_only_the_function_that_asks_sits_in_the_vpc(verified_services: Any) -> None:
    functions = {
        function["Properties"]["Handler"]: "VpcConfig" in function["Properties"]
        for function in verified_services.resources(CLUSTER, "AWS::Lambda::Function")
        if function["Properties"]["Handler"].startswith("endpoint_verification.")
    }

    assert functions == {
        contract.SERVICE_ON_EVENT: False,
        contract.SERVICE_IS_COMPLETE: True,
    }


def test_clusters_without_a_verified_service_have_none_of_it(laptop: Any) -> None:
    names = laptop.templates[CLUSTER]["Resources"]

    assert not [name for name in names if name.startswith("Verification")]


@pytest.fixture(scope="module")
def policies(verified_services: Any) -> Policies:
    known = {
        "<AWS::StackId>": STACK,
        "cdk-hnb659fds-assets-${AWS::AccountId}-us-east-1": "sources",
    }
    return policies_of(verified_services.templates[CLUSTER], "VerificationRole", known)


def test_role_may_read_goldens_see_its_stack_and_sit_in_the_vpc(policies: Policies) -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    interfaces = {
        *("ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface"),
        *("ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"),
        *("ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"),
    }
    logging = {"logs:CreateLogStream", "logs:PutLogEvents"}
    asked = {"s3:GetObject", "cloudformation:DescribeStacks"}

    assert policies.actions() == interfaces | logging | asked
    assert policies.allows(Request(action="s3:GetObject", resource=f"{SOURCES}/x"))
    assert policies.allows(Request(action="cloudformation:DescribeStacks", resource=STACK))
    for action, resource in (
        ("s3:GetObject", "arn:aws:s3:::models/resnet50"),
        ("s3:PutObject", f"{SOURCES}/x"),
        ("cloudformation:DescribeStacks", f"{STACK}-other"),
    ):
        assert not policies.allows(Request(action=action, resource=resource))
