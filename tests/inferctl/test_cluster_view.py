"""The rows of ``up`` from what CloudFormation and ECS answer, each call checked by botocore."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from inferctl import cluster_view
from inferctl.cluster_view import ClusterStack, ServiceView, read_cluster, read_services
from inferctl.endpoint_client import InvocationError

ACCOUNT = "arn:aws:ecs:us-east-1:123456789012"
CLUSTER = "laptop-cluster-Cluster"
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/laptop-cluster/1"
POOLS = {"resnet": "inf1", "big-resnet": "inf1-large", "bert": "managed"}


def arn(name: str) -> str:
    return f"{ACCOUNT}:service/{CLUSTER}/{name}"


def cluster(**services: str) -> ClusterStack:
    """``services`` are logical IDs by name."""
    return ClusterStack(
        cluster=CLUSTER,
        outputs={
            "ClusterName": CLUSTER,
            "ServiceUrlBigResnet": "http://big.elb",
            "TaskDefinitionEmbedOnce": "embed-arn",
            "TaskDefinitionWarmUp": "warm-arn",
        },
        services={arn(name): logical for name, logical in services.items()},
    )


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    session: Any = boto3.session.Session(aws_access_key_id="t", aws_secret_access_key="t")
    stubs = {
        service: Stubber(session.client(service, region_name="us-east-1"))
        for service in ("ecs", "cloudformation")
    }
    monkeypatch.setattr(cluster_view, "_client", lambda service, *_: stubs[service].client)
    for stub in stubs.values():
        stub.activate()
    yield stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def service(name: str, running: int, desired: int, **more: Any) -> dict[str, Any]:
    return {
        "serviceArn": arn(name),
        "taskDefinition": f"{name}-definition",
        "runningCount": running,
        "desiredCount": desired,
        "schedulingStrategy": "REPLICA",
        "capacityProviderStrategy": [{"capacityProvider": "provider-1", "weight": 1}],
        **more,
    }


def definition(*chips: int, instance_type: str | None = "inf1.6xlarge") -> dict[str, Any]:
    devices = [{"hostPath": f"/dev/neuron{chip}"} for chip in chips]
    expression = f"attribute:ecs.instance-type == {instance_type}"
    return {
        "family": "generated",
        "revision": 1,
        "containerDefinitions": [{"name": "main", "linuxParameters": {"devices": devices}}],
        "placementConstraints": (
            [{"type": "memberOf", "expression": expression}] if instance_type else []
        ),
    }


def answers(ecs: Stubber, described: dict[str, dict[str, Any]], *services: dict[str, Any]) -> None:
    ecs.add_response(
        "describe_services",
        {"services": list(services)},
        {"cluster": CLUSTER, "services": [one["serviceArn"] for one in services]},
    )
    for one in services:
        if one["schedulingStrategy"] == "REPLICA":
            name = one["taskDefinition"]
            ecs.add_response(
                "describe_task_definition",
                {"taskDefinition": described[name]},
                {"taskDefinition": name},
            )


def test_slots_of_a_service_are_one_row_with_all_of_its_chips(stubs: dict[str, Stubber]) -> None:
    stack = cluster(
        a="BigResnetServiceSlot0Service0123ABCD", b="BigResnetServiceSlot1Service4567EF01"
    )
    described = {"a-definition": definition(0), "b-definition": definition(1, 3)}
    answers(stubs["ecs"], described, service("a", 1, 2), service("b", 2, 2))

    assert read_services(stubs["ecs"].client, stack, pools=POOLS) == [
        ServiceView(
            service="big-resnet",
            pool="inf1-large",
            instance_types=("inf1.6xlarge",),
            running=3,
            desired=4,
            chips="0-1, 3",
            url="http://big.elb",
        )
    ]


def test_services_are_told_apart_where_one_name_ends_in_another(stubs: dict[str, Stubber]) -> None:
    stack = cluster(a="ResnetServiceSlot0Service0123ABCD", b="BigResnetServiceSlot0Service0123ABCE")
    described = {"a-definition": definition(0), "b-definition": definition(0)}
    answers(stubs["ecs"], described, service("a", 1, 1), service("b", 1, 1))

    rows = read_services(stubs["ecs"].client, stack, pools=POOLS)

    assert [(row.service, row.pool) for row in rows] == [
        ("big-resnet", "inf1-large"),
        ("resnet", "inf1"),
    ]


def test_service_of_managed_instances_has_all_chips(stubs: dict[str, Stubber]) -> None:
    stack = cluster(a="BertServiceManagedService0123ABCD")
    described = definition(instance_type=None)
    described["containerDefinitions"][0]["resourceRequirements"] = [
        {"type": "NeuronDevice", "value": "ALL"}
    ]
    answers(stubs["ecs"], {"a-definition": described}, service("a", 1, 1))

    (row,) = read_services(stubs["ecs"].client, stack, pools=POOLS)

    assert (row.service, row.chips, row.instance_types) == ("bert", "all", ())


def test_daemons_are_left_out(stubs: dict[str, Stubber]) -> None:
    stack = cluster(a="ClusterInf1CoreMetricsService0123ABCD")
    answers(stubs["ecs"], {}, service("a", 1, 1, schedulingStrategy="DAEMON"))

    assert read_services(stubs["ecs"].client, stack, pools=POOLS) == []


def test_service_that_the_file_has_no_more_is_shown_as_the_stack_names_it(
    stubs: dict[str, Stubber],
) -> None:
    stack = cluster(a="OldServiceSlot0Service0123ABCD")
    answers(stubs["ecs"], {"a-definition": definition(0)}, service("a", 0, 1))

    (row,) = read_services(stubs["ecs"].client, stack, pools=POOLS)

    assert (row.service, row.pool, row.url) == ("Old", "provider-1", None)


def test_services_are_described_ten_at_a_time(stubs: dict[str, Stubber]) -> None:
    names = [f"s{number}" for number in range(11)]
    stack = cluster(
        **{name: f"ResnetServiceSlot{index}Service0123ABCD" for index, name in enumerate(names)}
    )
    described = {f"{name}-definition": definition(index) for index, name in enumerate(names)}
    answers(stubs["ecs"], described, *(service(name, 1, 1) for name in names[:10]))
    answers(stubs["ecs"], described, service(names[10], 1, 1))

    (row,) = read_services(stubs["ecs"].client, stack, pools=POOLS)

    assert (row.running, row.chips) == (11, "0-10")


def test_ecs_that_refuses_is_one_error(stubs: dict[str, Stubber]) -> None:
    stubs["ecs"].add_client_error("describe_services", "AccessDeniedException", "not yours")

    with pytest.raises(InvocationError, match="not yours"):
        read_services(stubs["ecs"].client, cluster(a="X"), pools=POOLS)


def stack_answer(*outputs: tuple[str, str]) -> dict[str, Any]:
    return {
        "Stacks": [
            {
                "StackName": "laptop-cluster",
                "CreationTime": 0,
                "StackStatus": "CREATE_COMPLETE",
                "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs],
            }
        ]
    }


def resource(kind: str, logical: str, physical: str) -> dict[str, Any]:
    return {
        "ResourceType": kind,
        "LogicalResourceId": logical,
        "PhysicalResourceId": physical,
        "LastUpdatedTimestamp": 0,
        "ResourceStatus": "CREATE_COMPLETE",
    }


def test_cluster_is_what_the_stack_says(stubs: dict[str, Stubber]) -> None:
    stub = stubs["cloudformation"]
    stub.add_response(
        "describe_stacks", stack_answer(("ClusterName", CLUSTER)), {"StackName": "laptop-cluster"}
    )
    resources = [
        resource("AWS::ECS::Service", "ResnetServiceSlot0Service0123ABCD", arn("a")),
        resource("AWS::ECS::Cluster", "Cluster", CLUSTER),
    ]
    stub.add_response("list_stack_resources", {"StackResourceSummaries": resources})

    found = read_cluster("laptop", region="us-east-1", url=None)

    assert found == ClusterStack(
        cluster=CLUSTER,
        outputs={"ClusterName": CLUSTER},
        services={arn("a"): "ResnetServiceSlot0Service0123ABCD"},
    )


def test_platform_without_a_cluster_stack_has_none(stubs: dict[str, Stubber]) -> None:
    message = "Stack with id laptop-cluster does not exist"
    stubs["cloudformation"].add_client_error("describe_stacks", "ValidationError", message)

    assert read_cluster("laptop", region="us-east-1", url=None) is None


def test_cloudformation_that_refuses_is_one_error(stubs: dict[str, Stubber]) -> None:
    stubs["cloudformation"].add_client_error("describe_stacks", "AccessDenied", "not yours")

    with pytest.raises(InvocationError, match="not yours"):
        read_cluster("laptop", region="us-east-1", url=None)


def test_stack_without_its_output_is_named(stubs: dict[str, Stubber]) -> None:
    stubs["cloudformation"].add_response("describe_stacks", stack_answer())
    stubs["cloudformation"].add_response("list_stack_resources", {"StackResourceSummaries": []})

    with pytest.raises(InvocationError, match="laptop-cluster has no output ClusterName"):
        read_cluster("laptop", region="us-east-1", url=None)


@pytest.mark.parametrize(
    ("name", "found"),
    [("embed-once", "embed-arn"), ("warm-up", "warm-arn"), ("embed", None), ("once", None)],
)
def test_output_is_found_by_the_platform_files_name(name: str, found: str | None) -> None:
    assert cluster().named("TaskDefinition", name) == found


def test_outputs_are_listed_as_the_platform_file_spells_them() -> None:
    assert cluster().names("TaskDefinition") == ["embed-once", "warm-up"]
