"""Each host boots the maintained image that has its drivers."""

from __future__ import annotations

from datetime import date

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs

from accelerator_catalog import EC2_INSTANCES, ECS_AMIS, accelerator_of, ecs_ami_for


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("inf1.2xlarge", "al2023-neuron"),
        ("inf2.xlarge", "al2023-neuron"),
        ("trn2.48xlarge", "al2023-neuron"),
        ("g5.xlarge", "al2023-gpu"),
        ("c5.large", "al2023"),
    ],
)
def test_image_of_a_host(name: str, id_: str) -> None:
    assert ecs_ami_for(EC2_INSTANCES[name]).id == id_


def test_no_host_gets_an_image_past_its_end() -> None:
    for instance in EC2_INSTANCES.values():
        ami = ecs_ami_for(instance)

        assert ami.end_of_life is None
        assert accelerator_of(instance) in ami.runs


def test_amazon_linux_2_is_past_its_end_with_an_old_driver() -> None:
    ami = ECS_AMIS["al2-inf"]

    assert ami.end_of_life == date(2026, 6, 30)
    assert ami.end_of_life < ami.checked
    assert ami.neuron_driver == "2.17"


@pytest.mark.parametrize(
    ("id_", "image"),
    [
        (
            "al2023-neuron",
            ecs.EcsOptimizedImage.amazon_linux2023(ecs.AmiHardwareType.NEURON),
        ),
        ("al2023", ecs.EcsOptimizedImage.amazon_linux2023()),
        ("al2023-gpu", ecs.EcsOptimizedImage.amazon_linux2023(ecs.AmiHardwareType.GPU)),
        ("al2-inf", ecs.EcsOptimizedImage.amazon_linux2(ecs.AmiHardwareType.NEURON)),
    ],
)
def test_parameter_is_the_one_that_the_cdk_reads(id_: str, image: ecs.EcsOptimizedImage) -> None:
    stack = cdk.Stack()
    image.get_image(stack)

    parameters = cdk.assertions.Template.from_stack(stack).find_parameters("*")
    assert [row["Default"] for row in parameters.values() if "Image" in row["Type"]] == [
        ECS_AMIS[id_].parameter
    ]


def test_parameters_hold_a_bare_image_id() -> None:
    for ami in ECS_AMIS.values():
        assert ami.parameter.startswith("/aws/service/ecs/optimized-ami/amazon-linux-2")
        assert ami.parameter.endswith("/recommended/image_id")
