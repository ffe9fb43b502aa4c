"""Tasks that someone starts: chips of their own, or none."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from accelerator_catalog import NEURON_INSTANCES
from fleet_packing import ChipConflictError
from inference_constructs.ecs.cluster import EcsCluster
from inference_constructs.ecs.managed_capacity import ManagedNeuronCapacityProps
from inference_constructs.ecs.neuron_pool import NeuronCapacityPool
from inference_constructs.ecs.one_off_task import NeuronTask, NeuronTaskProps
from inference_constructs.ecs.packing import NetworkMode
from inference_constructs.ecs.service import NeuronService
from inference_constructs.ecs.service_props import NeuronServiceProps
from inference_constructs.ecs.task_definition_ordinary import (
    OrdinaryTaskDefinition,
    OrdinaryTaskDefinitionProps,
)
from tests.constructs.inference_constructs.ecs_service.support import (
    any_container,
    container_of,
    only,
    ordinary_pool_in,
    resources,
    template_of,
    variables_of,
)


def _once(stack: cdk.Stack, pool: NeuronCapacityPool, **given: Any) -> NeuronTask:
    return NeuronTask(
        stack,
        "Once",
        NeuronTaskProps(
            **{
                "task_name": "once",
                "pool": pool,
                "workload": any_container(health=None),
                **given,
            }
        ),
    )


def test_a_task_owns_its_chips_and_makes_no_service(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    task = _once(stack, inf1, chips_per_task=2, first_chip=1)

    template = template_of(stack)
    definition = only(template, "AWS::ECS::TaskDefinition")
    container = container_of(definition)
    assert [d["HostPath"] for d in container["LinuxParameters"]["Devices"]] == [
        "/dev/neuron1",
        "/dev/neuron2",
    ]
    assert variables_of(definition)["NEURON_RT_VISIBLE_CORES"] == "4-11"
    assert [m["HostPort"] for m in container["PortMappings"]] == [0, 31001, 31002]
    assert "HealthCheck" not in container
    assert inf1.chips.owners == {"once": range(1, 3)}
    assert resources(template, "AWS::ECS::Service") == {}
    assert task.container_name == container["Name"]


def test_a_task_is_placed_by_the_instance_type_in_lower_case(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    _once(stack, inf1)

    definition = only(template_of(stack), "AWS::ECS::TaskDefinition")
    assert definition["PlacementConstraints"] == [
        {"Type": "memberOf", "Expression": "attribute:ecs.instance-type == inf1.6xlarge"}
    ]


def test_a_task_cannot_own_chips_of_a_service(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    NeuronService(
        stack,
        "Service",
        NeuronServiceProps(
            service_name="service", cluster=cluster, pool=inf2, workload=any_container()
        ),
    )

    with pytest.raises(ChipConflictError, match="of which service owns chip 0"):
        _once(stack, inf2)


def test_chips_that_the_host_lacks_are_refused(stack: cdk.Stack, inf1: NeuronCapacityPool) -> None:
    with pytest.raises(
        ValueError,
        match=r"invalid NeuronTaskProps: chips must be 1 to 1 from chip 3 of inf1.6xlarge on, which"
        r" has 4 chips, got 2",
    ):
        _once(stack, inf1, first_chip=3, chips_per_task=2)


def test_a_name_that_no_metric_can_have_is_refused_with_all_else_and_claims_nothing(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    with pytest.raises(
        ValueError,
        match="task_name must be 1 to 63 letters, digits and hyphens, starting with a letter, got"
        " 'größe'; first_chip must be 0 to 3",
    ):
        _once(stack, inf1, task_name="größe", first_chip=4)

    assert inf1.chips.owners == {}


def test_managed_instances_are_refused_for_inf1(cluster: EcsCluster) -> None:
    with pytest.raises(ValueError, match=r"got 'inf1.xlarge' \(give inf1 a NeuronCapacityPool"):
        ManagedNeuronCapacityProps(
            name="managed", cluster=cluster, instances=[NEURON_INSTANCES["inf1.xlarge"]]
        )


def test_an_ordinary_task_reserves_what_it_asks_for_and_gets_no_device(
    stack: cdk.Stack, cluster: EcsCluster
) -> None:
    OrdinaryTaskDefinition(
        stack,
        "Compile",
        OrdinaryTaskDefinitionProps(
            pool=ordinary_pool_in(cluster, "c5.4xlarge"),
            workload=any_container(),
            memory_mib=4096,
            cpu_units=2048,
        ),
    )

    definition = only(template_of(stack), "AWS::ECS::TaskDefinition")
    container = container_of(definition)
    assert (container["Memory"], container["Cpu"]) == (4096, 2048)
    assert container["LinuxParameters"] == {"InitProcessEnabled": True}
    assert "ResourceRequirements" not in container
    assert [m["HostPort"] for m in container["PortMappings"]] == [0]
    assert set(variables_of(definition)) == {"AWS_REGION", "AWS_DEFAULT_REGION"}


def test_an_ordinary_task_takes_all_that_the_host_leaves_unless_told(
    stack: cdk.Stack, cluster: EcsCluster
) -> None:
    OrdinaryTaskDefinition(
        stack,
        "Compile",
        OrdinaryTaskDefinitionProps(
            pool=ordinary_pool_in(cluster, "c5.4xlarge"),
            workload=any_container(),
            network_mode=NetworkMode.HOST,
        ),
    )

    container = container_of(only(template_of(stack), "AWS::ECS::TaskDefinition"))
    assert (container["Memory"], container["Cpu"]) == (30226, 16192)
    assert [m["HostPort"] for m in container["PortMappings"]] == [8000]


def test_gpus_are_asked_of_ecs(stack: cdk.Stack, cluster: EcsCluster) -> None:
    OrdinaryTaskDefinition(
        stack,
        "Gpu",
        OrdinaryTaskDefinitionProps(
            pool=ordinary_pool_in(cluster, "g4dn.xlarge"), workload=any_container(), gpus=1
        ),
    )

    container = container_of(only(template_of(stack), "AWS::ECS::TaskDefinition"))
    assert container["ResourceRequirements"] == [{"Type": "GPU", "Value": "1"}]


@pytest.mark.parametrize(
    ("size", "wrong", "message"),
    [
        (
            "inf2.xlarge",
            {},
            r"pool must have no chips, got inf2-xlarge with inf2.xlarge \(take NeuronTask, which",
        ),
        (
            "c5.4xlarge",
            {"memory_mib": 40000},
            "memory_mib must be 6 to 30226, what c5.4xlarge leaves, got 40000",
        ),
        (
            "c5.4xlarge",
            {"memory_mib": 5},
            "memory_mib must be 6 to 30226, what c5.4xlarge leaves, got 5",
        ),
        (
            "c5.4xlarge",
            {"cpu_units": 0},
            "cpu_units must be 1 to 16192, what c5.4xlarge leaves, got 0",
        ),
        ("c5.4xlarge", {"gpus": 1}, "gpus must be 0 to 0 on c5.4xlarge, got 1"),
        ("g4dn.xlarge", {"gpus": 2}, "gpus must be 0 to 1 on g4dn.xlarge, got 2"),
    ],
)
def test_ordinary_tasks_are_refused(
    cluster: EcsCluster, size: str, wrong: dict[str, Any], message: str
) -> None:
    pool = ordinary_pool_in(cluster, size)

    with pytest.raises(ValueError, match=f"invalid OrdinaryTaskDefinitionProps: {message}"):
        OrdinaryTaskDefinitionProps(pool=pool, workload=any_container(), **wrong)
