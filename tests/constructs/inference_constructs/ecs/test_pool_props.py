"""What ``CapacityPoolProps`` and ``SpotProps`` accept."""

from __future__ import annotations

from typing import Any

import pytest

from accelerator_catalog import EC2_INSTANCES, ECS_AMIS, ecs_ami_for
from inference_constructs import CapacityPoolProps, SpotProps


def _props(**changed: Any) -> CapacityPoolProps:
    instance = EC2_INSTANCES["inf2.xlarge"]
    values: dict[str, Any] = {
        "name": "inf2",
        "instance": instance,
        "ami": ecs_ami_for(instance),
        "max_instances": 4,
    }
    return CapacityPoolProps(**(values | changed))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": ""}, "name must be 1 to 32 lower-case .* begin with a letter, got ''"),
        ({"name": "Inf2"}, "got 'Inf2'"),
        ({"name": "2inf"}, "got '2inf'"),
        ({"name": "größe"}, "got 'größe'"),
        ({"name": "a" * 33}, "name must be 1 to 32"),
        ({"min_instances": -1}, "min_instances must be at least 0, got -1"),
        ({"max_instances": 0}, r"max_instances must be at least 1 .*min_instances \(0\), got 0"),
        ({"min_instances": 5}, r"at least min_instances \(5\), got 4"),
        ({"target_capacity_percent": 0}, "target_capacity_percent must be 1 to 100, got 0"),
        ({"target_capacity_percent": 101}, r"got 101 \(100 keeps no spare host\)"),
        (
            {"spot": SpotProps(on_demand_base=4)},
            r"spot.on_demand_base must be less than max_instances \(4\), got 4: no instance would",
        ),
        (
            {"root_volume_gib": 29},
            "root_volume_gib must be at least 30, the size of al2023-neuron's own .*, got 29",
        ),
        (
            {"ami": ECS_AMIS["al2023"]},
            r"ami must be one that runs inf2.xlarge, got 'al2023', which runs cpu instances"
            r" \(did you mean 'al2023-neuron'\?\)",
        ),
        (
            {"ami": ECS_AMIS["al2-inf"]},
            r"ami must still be maintained, got 'al2-inf', which ended on 2026-06-30"
            r" \(did you mean 'al2023-neuron'\?\)",
        ),
        ({"root_volume_gib": 65_537}, "root_volume_gib must be at most 65536, got 65537"),
        ({"image": "recommended"}, "image must be an AMI id or .* SSM parameter, .* got 'recomm"),
        ({"image": "ami-XYZ"}, "image must be an AMI id .* got 'ami-XYZ'"),
        ({"image": "/aws/image:0"}, "may end in ':<version>', got '/aws/image:0'"),
        ({"image": ""}, "got ''"),
        ({"metadata_hop_limit": 0}, "metadata_hop_limit must be 1 to 64, got 0"),
        ({"metadata_hop_limit": 65}, "metadata_hop_limit must be 1 to 64, got 65"),
    ],
)
def test_props_are_rejected(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _props(**wrong)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(
        ValueError,
        match=r"invalid CapacityPoolProps: name .*; min_.*; max_.*; target.*; ami.*; root.*; image"
        r".*; metadata",
    ):
        _props(
            name="",
            min_instances=-1,
            max_instances=0,
            target_capacity_percent=0,
            ami=ECS_AMIS["al2-inf"],
            root_volume_gib=1,
            image="x",
            metadata_hop_limit=0,
        )


@pytest.mark.parametrize(
    "limit",
    [
        {"name": "a"},
        {"name": "a" + "-" * 31},
        {"min_instances": 4},
        {"max_instances": 1},
        {"target_capacity_percent": 1},
        {"root_volume_gib": 30},
        {"root_volume_gib": 65_536},
        {"spot": SpotProps(on_demand_base=3, on_demand_percent=99)},
        {"image": "ami-12345678"},
        {"image": "/own/image:12"},
        {"metadata_hop_limit": 64},
    ],
)
def test_props_at_the_limits_are_accepted(limit: dict[str, Any]) -> None:
    _props(**limit)


@pytest.mark.parametrize("instance", EC2_INSTANCES)
def test_every_instance_type_takes_the_image_that_the_catalogue_gives_it(instance: str) -> None:
    row = EC2_INSTANCES[instance]

    _props(instance=row, ami=ecs_ami_for(row))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"on_demand_base": -1}, "on_demand_base must be at least 0, got -1"),
        ({"on_demand_percent": -1}, "on_demand_percent must be 0 to 100, got -1"),
        ({"on_demand_percent": 101}, "on_demand_percent must be 0 to 100, got 101"),
        ({"on_demand_percent": 100}, "on_demand_percent 100 buys no Spot instance .*leave spot"),
        ({"on_demand_base": -1, "on_demand_percent": 101}, "on_demand_base .*; on_demand_percent"),
    ],
)
def test_spot_is_rejected(wrong: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SpotProps(**wrong)
