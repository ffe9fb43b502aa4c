"""What ``NetworkProps`` accepts."""

from __future__ import annotations

from typing import Any

import pytest

from inference_constructs import INTERFACE_ENDPOINTS, NetworkProps, interface_endpoints_in_use


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"availability_zones": 1}, "availability_zones must be at least 2 .* got 1"),
        ({"subnets": ("public", "secret")}, "subnets may hold public, private, isolated, got 'sec"),
        ({"subnets": ()}, r"subnets must name at least one kind, each once, got \[\]"),
        ({"subnets": ("public", "public")}, "each once, got"),
        ({"nat_gateways": -1}, r"nat_gateways must be 0 to 2 \(one a zone at most\), got -1"),
        ({"nat_gateways": 3}, "nat_gateways must be 0 to 2 .* got 3"),
        ({"nat_gateways": 0}, r"private subnets need nat_gateways .*\(did you mean 'isolated'\?\)"),
        ({"subnets": ("private",)}, "and public subnets to hold them"),
        ({"interface_endpoints": ("s3",)}, "interface_endpoints may hold autoscaling, .* got 's3'"),
    ],
)
def test_props_are_rejected(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NetworkProps(**wrong)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"availability_zones .*; subnets .*; nat_gateways"):
        NetworkProps(availability_zones=0, subnets=(), nat_gateways=9)


@pytest.mark.parametrize(
    "props",
    [
        {"availability_zones": 6, "nat_gateways": 6},
        {"subnets": ("isolated",), "nat_gateways": 0},
        {"subnets": ("public",), "nat_gateways": 0, "flow_log_retention_days": None},
        {"interface_endpoints": tuple(INTERFACE_ENDPOINTS)},
    ],
)
def test_props_at_the_limits_are_accepted(props: dict[str, Any]) -> None:
    NetworkProps(**props)


@pytest.mark.parametrize(
    ("use", "names"),
    [
        ({}, ()),
        ({"serves": True}, ("sagemaker.runtime",)),
        ({"serves": True, "isolated": True, "network_isolation": True}, ("sagemaker.runtime",)),
        ({"serves": True, "isolated": True}, ("logs", "monitoring", "sagemaker.runtime", "sts")),
        ({"isolated": True}, ()),
        ({"hosts": ("logs", "ecs")}, ("ecs", "logs")),
        ({"serves": True, "hosts": ("ecs",)}, ("ecs", "sagemaker.runtime")),
    ],
)
def test_interface_endpoints_follow_use(use: dict[str, Any], names: tuple[str, ...]) -> None:
    nothing: dict[str, Any] = dict.fromkeys(("serves", "isolated", "network_isolation"), False)

    assert interface_endpoints_in_use(**(nothing | use)) == names


@pytest.mark.parametrize("name", INTERFACE_ENDPOINTS)
def test_interface_endpoint_is_the_service_of_that_name(name: str) -> None:
    assert INTERFACE_ENDPOINTS[name].short_name == name
