"""What a task that owns chips is given, and what it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from accelerator_catalog import NEURON_INSTANCES, ecs_ami_for
from fleet_packing import chip_slots
from inference_constructs.ecs.cluster import EcsCluster, EcsClusterProps
from inference_constructs.ecs.neuron_pool import NeuronCapacityPool
from inference_constructs.ecs.packing import NetworkMode
from inference_constructs.ecs.pool_props import CapacityPoolProps
from inference_constructs.ecs.task_definition_neuron import (
    NeuronTaskDefinition,
    NeuronTaskDefinitionProps,
)
from inference_constructs.ecs.workload_health import ContainerHealth
from inference_constructs.ecs.workload_image import WorkloadImage
from inference_constructs.ecs.workload_model import ModelSource
from inference_constructs.ecs.workload_port import WorkloadPort
from tests.constructs.inference_constructs.ecs_service.support import (
    any_container,
    container_of,
    new_app,
    only,
    pool_in,
    resources,
    statements_of,
    template_of,
    tf_serving,
    torchserve,
    variables_of,
    vpc_of,
)


def _define(stack: cdk.Stack, pool: NeuronCapacityPool, **given: Any) -> NeuronTaskDefinition:
    slot = given.pop("slot", None) or chip_slots(pool.instance)[0]
    return NeuronTaskDefinition(
        stack,
        "Task",
        NeuronTaskDefinitionProps(
            **{"pool": pool, "slot": slot, "workload": any_container(), **given}
        ),
    )


def _task(stack: cdk.Stack) -> dict[str, Any]:
    return only(template_of(stack), "AWS::ECS::TaskDefinition")


def test_a_slot_of_several_chips_gets_all_their_devices_cores_locks_and_shares(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    _define(stack, inf1, slot=chip_slots(inf1.instance, chips_per_task=2)[1])

    task = _task(stack)
    container = container_of(task)
    assert [d["HostPath"] for d in container["LinuxParameters"]["Devices"]] == [
        "/dev/neuron2",
        "/dev/neuron3",
    ]
    assert variables_of(task)["NEURON_RT_VISIBLE_CORES"] == "8-15"
    assert container["PortMappings"] == [
        {"ContainerPort": 8000, "HostPort": 0, "Protocol": "tcp"},
        {"ContainerPort": 31002, "HostPort": 31002, "Protocol": "tcp"},
        {"ContainerPort": 31003, "HostPort": 31003, "Protocol": "tcp"},
    ]
    assert (container["Memory"], container["Cpu"]) == (22813, 12192)


def test_trainium2_is_told_how_its_cores_are_joined(tmp_path: Path) -> None:
    ohio = cdk.Stack(new_app(tmp_path), "Trn2", env=cdk.Environment(region="us-east-2"))
    pool = pool_in(EcsCluster(ohio, "Cluster", EcsClusterProps(vpc=vpc_of(ohio))), "trn2.48xlarge")

    _define(ohio, pool, slot=chip_slots(pool.instance)[3])

    variables = variables_of(_task(ohio))
    assert variables["NEURON_LOGICAL_NC_CONFIG"] == "2"
    assert variables["NEURON_RT_VISIBLE_CORES"] == "12-15"


def test_in_host_mode_ports_are_the_workloads_own_and_chips_are_locked(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    _define(stack, inf2, network_mode=NetworkMode.HOST)

    task = _task(stack)
    assert task["NetworkMode"] == "host"
    assert container_of(task)["PortMappings"] == [
        {"ContainerPort": 8000, "HostPort": 8000, "Protocol": "tcp"},
        {"ContainerPort": 31000, "HostPort": 31000, "Protocol": "tcp"},
    ]


def test_in_awsvpc_mode_no_host_port_stands_for_a_chip(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    _define(stack, inf2, network_mode=NetworkMode.AWSVPC)

    task = _task(stack)
    assert task["NetworkMode"] == "awsvpc"
    assert container_of(task)["PortMappings"] == [
        {"ContainerPort": 8000, "HostPort": 8000, "Protocol": "tcp"}
    ]


def test_ipc_lock_is_all_that_is_added_unless_more_is_asked_for(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    _define(stack, inf2)

    container = container_of(_task(stack))
    assert container["LinuxParameters"]["Capabilities"] == {"Add": ["IPC_LOCK"]}
    assert "Privileged" not in container


def test_capabilities_are_those_asked_for(stack: cdk.Stack, inf2: NeuronCapacityPool) -> None:
    _define(stack, inf2, workload=any_container(capabilities=frozenset({"SYS_ADMIN", "IPC_LOCK"})))

    linux = container_of(_task(stack))["LinuxParameters"]
    assert linux["Capabilities"] == {"Add": ["IPC_LOCK", "SYS_ADMIN"]}


def test_the_health_check_stands_in_the_task_definition_and_waits_for_a_slow_load(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    _define(
        stack,
        inf2,
        workload=any_container(health=ContainerHealth(command="curl localhost", load_seconds=900)),
    )

    check = container_of(_task(stack))["HealthCheck"]
    assert check["Command"] == ["CMD-SHELL", "curl localhost"]
    assert check["StartPeriod"] + check["Retries"] * check["Interval"] >= 900
    assert check["Timeout"] == 5


def test_the_servers_children_are_reaped_and_it_may_finish_its_requests(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    _define(stack, inf2, workload=any_container(stop_timeout_seconds=90))

    container = container_of(_task(stack))
    assert container["LinuxParameters"]["InitProcessEnabled"] is True
    assert container["StopTimeout"] == 90


def test_the_root_is_read_only_but_for_the_paths_named(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    _define(stack, inf2, workload=any_container(writable_paths=("/tmp", "/var/run")))

    task = _task(stack)
    container = container_of(task)
    assert container["ReadonlyRootFilesystem"] is True
    assert container["MountPoints"] == [
        {"ContainerPath": "/tmp", "ReadOnly": False, "SourceVolume": "scratch0"},
        {"ContainerPath": "/var/run", "ReadOnly": False, "SourceVolume": "scratch1"},
    ]
    assert task["Volumes"] == [{"Name": "scratch0"}, {"Name": "scratch1"}]


def test_the_log_has_a_group_of_its_own_with_an_end(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    _define(stack, inf2)

    template = template_of(stack)
    ((name, group),) = (
        (name, group)
        for name, group in resources(template, "AWS::Logs::LogGroup").items()
        if name.startswith("Task")
    )
    assert group["RetentionInDays"] == 30
    options = container_of(only(template, "AWS::ECS::TaskDefinition"))["LogConfiguration"]
    assert options["LogDriver"] == "awslogs"
    assert options["Options"]["awslogs-group"] == {"Ref": name}
    assert options["Options"]["awslogs-stream-prefix"] == "slot0"


def test_a_task_may_read_and_list_its_models_prefix_and_nothing_else(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    _define(stack, inf1, workload=tf_serving())

    assert statements_of(template_of(stack), "TaskRole") == [
        {
            "Sid": "ReadModel",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::models/resnet50_neuron/*",
        },
        {
            "Sid": "ListModel",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::models",
            "Condition": {"StringLike": {"s3:prefix": ["resnet50_neuron/*"]}},
        },
    ]


def test_a_task_decrypts_with_the_key_of_its_model_only_when_one_is_given(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/1"

    _define(
        stack,
        inf1,
        workload=tf_serving(
            model=ModelSource(uri="s3://models/m", compiled_for="inf1", key_arn=key)
        ),
    )

    assert statements_of(template_of(stack), "TaskRole")[-1] == {
        "Sid": "DecryptModel",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": key,
    }


def test_a_task_without_a_model_may_do_nothing(stack: cdk.Stack, inf2: NeuronCapacityPool) -> None:
    _define(stack, inf2)

    policies = resources(template_of(stack), "AWS::IAM::Policy")
    assert not [name for name in policies if "TaskTaskRole" in name or "SharedTaskRole" in name]


def test_the_agent_may_pull_that_repository_and_write_that_log(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    _define(stack, inf1, workload=tf_serving())

    write, pull, login = statements_of(template_of(stack), "ExecutionRole")
    assert write["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert write["Resource"]["Fn::GetAtt"][1] == "Arn"
    assert pull["Resource"] == (
        "arn:aws:ecr:us-east-1:763104351884:repository/tensorflow-inference-neuron"
    )
    assert (login["Action"], login["Resource"]) == ("ecr:GetAuthorizationToken", "*")


@pytest.mark.parametrize(
    ("uri", "repository"),
    [
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/server:1", "team/server"),
        (
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com/server@sha256:" + "0" * 64,
            "server",
        ),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/server:1@sha256:" + "0" * 64, "server"),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/server", "server"),
    ],
)
def test_the_repository_is_read_from_any_name_of_an_image_in_ecr(
    stack: cdk.Stack, inf2: NeuronCapacityPool, uri: str, repository: str
) -> None:
    _define(stack, inf2, workload=any_container(image=WorkloadImage.of(uri)))

    pull = statements_of(template_of(stack), "ExecutionRole")[1]
    assert pull["Resource"] == f"arn:aws:ecr:eu-west-1:111122223333:repository/{repository}"


def test_an_image_of_another_registry_needs_no_right_to_pull(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    _define(stack, inf2, workload=torchserve())

    template = template_of(stack)
    image = container_of(only(template, "AWS::ECS::TaskDefinition"))["Image"]
    assert image.startswith("public.ecr.aws/neuron/pytorch-inference-neuronx:2.9.0-neuronx-")
    assert [s["Sid"] for s in statements_of(template, "ExecutionRole")] == ["WriteLog"]


def test_an_image_built_from_a_folder_can_be_pulled(
    stack: cdk.Stack, inf2: NeuronCapacityPool, tmp_path: Path
) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")

    _define(stack, inf2, workload=any_container(image=WorkloadImage.built_from(folder)))

    (pull,) = (
        s for s in statements_of(template_of(stack), "ExecutionRole") if s["Sid"] == "PullImage"
    )
    assert "cdk-hnb659fds-container-assets" in str(pull["Resource"])


def test_roles_are_for_tasks_of_this_account_only(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    _define(stack, inf2)

    roles = [
        role["AssumeRolePolicyDocument"]["Statement"][0]
        for name, role in resources(template_of(stack), "AWS::IAM::Role").items()
        if name.startswith("Task")
    ]
    assert len(roles) == 2
    for statement in roles:
        assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert statement["Condition"]["StringEquals"] == {
            "aws:SourceAccount": {"Ref": "AWS::AccountId"}
        }


def test_the_task_definition_claims_no_chips_by_itself(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    _define(stack, inf2)

    assert inf2.chips.owners == {}


def test_an_artifact_for_other_cores_is_refused(stack: cdk.Stack, inf2: NeuronCapacityPool) -> None:
    with pytest.raises(
        ValueError,
        match=r"model s3://models/m is compiled for inf1 \(NeuronCore-v1\) and does not run on"
        r" inf2.xlarge \(NeuronCore-v2\); compile it for inf2 or trn1 or trn1n",
    ):
        _define(
            stack,
            inf2,
            workload=any_container(model=ModelSource(uri="s3://models/m", compiled_for="inf1")),
        )


def test_an_artifact_for_another_family_of_the_same_cores_is_accepted(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    _define(
        stack,
        inf2,
        workload=any_container(model=ModelSource(uri="s3://models/m", compiled_for="trn1")),
    )


def test_an_image_for_other_cores_and_a_later_sdk_than_the_last_are_refused_at_once(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    with pytest.raises(ValueError, match="invalid NeuronTaskDefinitionProps: ") as caught:
        _define(stack, inf1, workload=torchserve())

    message = str(caught.value)
    assert "is compiled for inf2 (NeuronCore-v2) and does not run on inf1.6xlarge" in message
    assert (
        "the image of the workload is for NeuronCore-v2 and v3, got inf1.6xlarge with NeuronCore-v1"
        in message
    )
    assert "SDK 2.31.1 is newer than 2.20.2, the last for inf1" in message


def test_an_image_of_ones_own_is_judged_by_the_sdk_in_its_tag(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    image = WorkloadImage.of("registry.example.com/server:1.0-sdk2.21.0-ubuntu22.04")

    with pytest.raises(ValueError, match=r"SDK 2.21.0 is newer than 2.20.2, the last for inf1"):
        _define(stack, inf1, workload=any_container(image=image))


def test_the_articles_image_is_refused_on_hosts_whose_driver_turns_its_runtime_away(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    with pytest.raises(
        ValueError,
        match=r"does not run on the hosts: SDK 1.11.0 works with Neuron drivers below 2.5 only",
    ):
        _define(stack, inf1, workload=tf_serving(image_id="tensorflow-inference-neuron-1.15.4"))


def test_the_articles_image_is_accepted_on_a_host_image_of_ones_own(
    stack: cdk.Stack, cluster: EcsCluster
) -> None:
    instance = NEURON_INSTANCES["inf1.xlarge"]
    pool = cluster.add_pool(
        CapacityPoolProps(
            name="old",
            instance=instance,
            ami=ecs_ami_for(instance),
            image="ami-00000000",
            max_instances=1,
        )
    )
    assert isinstance(pool, NeuronCapacityPool)

    _define(stack, pool, workload=tf_serving(image_id="tensorflow-inference-neuron-1.15.4"))

    assert ":1.15.4-neuron-py37-ubuntu18.04" in container_of(_task(stack))["Image"]


def test_a_slot_of_another_instance_type_is_refused(
    stack: cdk.Stack, inf2: NeuronCapacityPool
) -> None:
    slot = chip_slots(NEURON_INSTANCES["inf1.xlarge"])[0]

    with pytest.raises(
        ValueError,
        match=r"slot must be of inf2.xlarge, the instance type of pool inf2-xlarge, got one of"
        r" inf1.xlarge",
    ):
        _define(stack, inf2, slot=slot)


@pytest.mark.parametrize("port", [31000, 31003])
def test_a_port_that_stands_for_a_chip_of_the_task_or_of_a_neighbour_is_refused(
    stack: cdk.Stack, inf1: NeuronCapacityPool, port: int
) -> None:
    ports = (WorkloadPort(name="http", port=port),)

    with pytest.raises(
        ValueError,
        match="port http must be none of 31000 to 31003, which stand for the chips of inf1.6xlarge,"
        f" got {port}",
    ):
        _define(stack, inf1, workload=any_container(ports=ports))


def test_a_port_beside_those_of_the_chips_is_accepted(
    stack: cdk.Stack, inf1: NeuronCapacityPool
) -> None:
    _define(stack, inf1, workload=any_container(ports=(WorkloadPort(name="http", port=31004),)))
