"""Tasks that serve what a fleet publishes: one archive, fetched before the server starts."""

from __future__ import annotations

import re
from typing import Any

import aws_cdk as cdk
import pytest

from fleet_packing import FETCH_BUDGET, chip_slots, host_budget
from inference_constructs.ecs.cluster import EcsCluster
from inference_constructs.ecs.managed_capacity import ManagedNeuronCapacity
from inference_constructs.ecs.neuron_pool import NeuronCapacityPool
from inference_constructs.ecs.packing import Packing
from inference_constructs.ecs.service import NeuronService
from inference_constructs.ecs.service_props import NeuronServiceProps
from inference_constructs.ecs.task_definition_neuron import (
    NeuronTaskDefinition,
    NeuronTaskDefinitionProps,
)
from inference_constructs.ecs.task_definition_ordinary import (
    OrdinaryTaskDefinition,
    OrdinaryTaskDefinitionProps,
)
from inference_constructs.ecs.workload_archive import ModelArchive
from inference_constructs.ecs.workload_image import WorkloadImage
from tests.constructs.inference_constructs.ecs_service.support import (
    any_container,
    only,
    ordinary_pool_in,
    statements_of,
    template_of,
    tf_serving,
    torchserve,
)

KEY = "arn:aws:kms:us-east-1:111122223333:key/1"
DIGEST = "7bb99674b18cbc1de296ac3b6167762c767171ff8a845c3e5a4c78fe7333875d"
ARCHIVE = "demo-models/yolov4/7bb99674b18cbc1d.tar.gz"


def archive(**given: Any) -> ModelArchive:
    return ModelArchive(
        **{
            "name": "yolov4",
            "digest": DIGEST,
            "bucket": "store",
            "prefix": "demo-models/",
            "key_arn": KEY,
            "compiled_for": "inf1",
            "served_path": "yolov4",
            "image": WorkloadImage.of("registry.example.com/model-fetch:1"),
            **given,
        }
    )


def define(stack: cdk.Stack, pool: NeuronCapacityPool, **given: Any) -> dict[str, Any]:
    """The task definition of the first slot."""
    workload = given.pop("workload", None) or tf_serving(model=archive(**given))
    NeuronTaskDefinition(
        stack,
        "Task",
        NeuronTaskDefinitionProps(pool=pool, slot=chip_slots(pool.instance)[0], workload=workload),
    )
    return only(template_of(stack), "AWS::ECS::TaskDefinition")


def containers(task: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {container["Name"]: container for container in task["ContainerDefinitions"]}


def test_the_server_starts_when_the_archive_has_been_fetched(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    task = define(stack, inf1, fetch_seconds=900)

    found = containers(task)
    main, fetch = found["main"], found["model-fetch"]
    assert list(found) == ["main", "model-fetch"]
    assert main["DependsOn"] == [{"ContainerName": "model-fetch", "Condition": "SUCCESS"}]
    assert (main["Essential"], fetch["Essential"], fetch["StartTimeout"]) == (True, False, 900)
    assert {v["Name"]: v["Value"] for v in fetch["Environment"]} == {
        "AWS_REGION": "us-east-1",
        "MODEL_DIGEST": DIGEST,
        "MODEL_FOLDER": "/opt/ml/model",
        "MODEL_URI": f"s3://store/{ARCHIVE}",
    }
    assert "--model_base_path=/opt/ml/model/yolov4" in main["Command"]


def test_only_the_fetch_writes_to_the_volume_and_it_can_do_nothing_else(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    task = define(stack, inf1)

    main, fetch = containers(task).values()
    place = {"SourceVolume": "model", "ContainerPath": "/opt/ml/model"}
    assert main["MountPoints"] == [{**place, "ReadOnly": True}]
    assert fetch["MountPoints"] == [{**place, "ReadOnly": False}]
    assert task["Volumes"] == [{"Name": "model"}]
    assert fetch["ReadonlyRootFilesystem"] is True
    assert fetch["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert {"PortMappings", "Privileged", "Secrets"}.isdisjoint(fetch)
    assert "Devices" not in fetch["LinuxParameters"]


def test_both_containers_together_reserve_the_share_of_the_chips(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    task = define(stack, inf1)

    share = host_budget(inf1.instance).share(chips=1, of=inf1.instance.chips)
    main, fetch = containers(task).values()
    assert fetch["Memory"] == FETCH_BUDGET.memory_mib
    assert main["Memory"] + fetch["Memory"] == share.memory_mib
    assert main["Cpu"] + fetch["Cpu"] == share.cpu_units
    assert [port["HostPort"] for port in main["PortMappings"]] == [0, 0, 31000]


def test_a_task_may_read_its_archive_and_nothing_else(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    define(stack, inf1)

    assert statements_of(template_of(stack), "TaskRole") == [
        {
            "Sid": "ReadModel",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::store/{ARCHIVE}",
        },
        {"Sid": "DecryptModel", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY},
    ]


def test_tasks_pull_the_image_that_fetches_where_it_is_built(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    task = define(stack, inf1, image=None)

    (pull,) = [
        statement
        for statement in statements_of(template_of(stack), "ExecutionRole")
        if statement["Sid"] == "PullImage"
    ]
    image = containers(task)["model-fetch"]["Image"]["Fn::Sub"]
    assert re.search(r"cdk-hnb659fds-container-assets-.*:[0-9a-f]{64}$", image)
    assert len(pull["Resource"]) == 2
    assert "*" not in str(pull["Resource"])


def test_another_archive_is_another_revision_of_the_task(
    stack: cdk.Stack, inf1: NeuronCapacityPool, inf2: NeuronCapacityPool
) -> None:
    before = define(stack, inf1)
    other = NeuronTaskDefinition(
        stack,
        "Changed",
        NeuronTaskDefinitionProps(
            pool=inf1,
            slot=chip_slots(inf1.instance)[0],
            workload=tf_serving(model=archive(digest="0" * 64)),
        ),
    )

    resolved = stack.resolve(other.resource.container_definitions)
    assert before["ContainerDefinitions"][0]["Command"] == resolved[0]["command"]
    assert f"s3://store/demo-models/yolov4/{'0' * 16}.tar.gz" in str(resolved[1])
    assert inf2.instance != inf1.instance


def test_torchserve_takes_its_archives_from_the_volume(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    task = define(
        stack, inf2, workload=torchserve(model=archive(compiled_for="inf2", served_path=""))
    )

    (command,) = containers(task)["main"]["Command"]
    assert command == (
        "exec torchserve --start --foreground --ts-config /home/model-server/config.properties"
        " --model-store '/opt/ml/model'"
    )


def test_scratch_folders_and_the_model_lie_beside_each_other(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    task = define(stack, inf1, workload=any_container(model=archive()))

    assert task["Volumes"] == [{"Name": "scratch0"}, {"Name": "model"}]
    assert [mount["ContainerPath"] for mount in containers(task)["main"]["MountPoints"]] == [
        "/tmp",
        "/opt/ml/model",
    ]


def test_a_task_without_chips_keeps_its_size(stack: cdk.Stack, cluster: EcsCluster) -> None:
    pool = ordinary_pool_in(cluster, "c5.large")
    OrdinaryTaskDefinition(
        stack,
        "Look",
        OrdinaryTaskDefinitionProps(
            pool=pool,
            workload=any_container(ports=(), health=None, model=archive()),
            memory_mib=1024,
            cpu_units=512,
        ),
    )

    found = containers(only(template_of(stack), "AWS::ECS::TaskDefinition"))
    assert [(one["Memory"], one["Cpu"]) for one in found.values()] == [(768, 384), (256, 128)]


def test_a_task_without_chips_needs_room_for_the_fetch(cluster: EcsCluster) -> None:
    pool = ordinary_pool_in(cluster, "c5.large")

    with pytest.raises(ValueError, match=r"memory_mib must be 262 to \d+.*got 256"):
        OrdinaryTaskDefinitionProps(
            pool=pool,
            workload=any_container(ports=(), health=None, model=archive()),
            memory_mib=256,
        )


def test_a_managed_task_reserves_no_more_than_its_host_has(
    stack: cdk.Stack, cluster: EcsCluster, managed: ManagedNeuronCapacity
) -> None:
    NeuronService(
        stack,
        "Service",
        NeuronServiceProps(
            service_name="yolov4",
            cluster=cluster,
            pool=managed,
            workload=torchserve(model=archive(compiled_for="inf2", served_path="")),
            packing=Packing.MANAGED_INSTANCES,
        ),
    )

    task = only(template_of(stack), "AWS::ECS::TaskDefinition")
    found = containers(task).values()
    assert sum(one["Memory"] for one in found) == int(task["Memory"])
    assert sum(one["Cpu"] for one in found) == int(task["Cpu"])


def test_an_archive_for_another_generation_of_cores_is_refused(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    with pytest.raises(
        ValueError, match=r"model yolov4 is compiled for inf1 .* compile it for inf2"
    ):
        define(stack, inf2, workload=any_container(model=archive()))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"digest": DIGEST[:16]}, "digest must be 64 hexadecimal digits"),
        ({"prefix": "/demo"}, "prefix must end, but not start, with '/'"),
        ({"compiled_for": "g4dn"}, "compiled_for must be one of inf1"),
        ({"served_path": "../x"}, "served_path must be a relative path"),
        ({"served_path": "x y"}, "served_path must be a relative path"),
        ({"fetch_seconds": 0}, "fetch_seconds must be 1 to 3600"),
    ],
)
def test_an_archive_that_nothing_can_fetch_is_refused(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        archive(**given)
