"""What a platform engineer changes at a cluster, deployed in order on simulated hosts.

The tests run in the order of the file: each continues where the one before it stopped.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from inferctl.transitions import TwoStepPlan, two_step_plans

from .platform_account import PlatformAccount, platform_account

pytestmark = pytest.mark.server

HEAD = """
platform: racks
deploy_to: embedded
region: us-east-1
removal: destroy
acknowledge_end_of_life: [inf1, tensorflow-neuron]
network: {nat_gateways: 1}
cluster:
  drain_minutes: 5
"""
SERVICE: dict[str, Any] = {
    "name": "classifier",
    "pool": "inf1",
    "chips": 4,
    "chips_per_task": 1,
    "min_instances": 1,
    "workload": {"kind": "tf-serving-neuron", "model_name": "resnet50"},
    "model": {"uri": "s3://models-racks/resnet50", "compiled_for": "inf1"},
}
POOL: dict[str, Any] = {"name": "inf1", "instance_type": "inf1.6xlarge", "max_instances": 1}
LAST = {"name": "spare", "instance_type": "c5.large", "max_instances": 1}
ROOM = ({**POOL, "max_instances": 2}, LAST)
TASK: dict[str, Any] = {
    "name": "probe",
    "pool": "spare",
    "memory_mib": 512,
    "cpu_units": 256,
    "workload": {
        "kind": "container",
        "image": "public.ecr.aws/docker/library/python:3.11.14-slim-bookworm",
        "command": ["python", "--version"],
    },
}


def platform(
    *services: dict[str, Any], pools: tuple[dict[str, Any], ...] = (POOL, LAST), tasks: Any = ()
) -> str:
    """JSON is YAML."""
    cluster = {"pools": pools, "services": services, "tasks": tasks}
    lines = [f"  {name}: {json.dumps(value)}" for name, value in cluster.items()]
    return HEAD + "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformAccount]:
    with platform_account(tmp_path_factory.mktemp("racks")) as account:
        account.deploy(platform(SERVICE))
        yield account


@dataclass(frozen=True, order=True)
class Running:
    """A slot's service: its task definition's revision and its tasks."""

    chips: tuple[str, ...]
    definition: str
    tasks: int


def running(account: PlatformAccount) -> list[Running]:
    ecs, cluster = account.aws.client("ecs"), account.outputs()["ClusterName"]
    arns = ecs.list_services(cluster=cluster, maxResults=100)["serviceArns"]
    found = ecs.describe_services(cluster=cluster, services=arns)["services"] if arns else []
    services = []
    for one in found:
        definition = ecs.describe_task_definition(taskDefinition=one["taskDefinition"])
        (container,) = definition["taskDefinition"]["containerDefinitions"]
        devices = container["linuxParameters"]["devices"]
        chips = tuple(device["hostPath"].removeprefix("/dev/neuron") for device in devices)
        services.append(Running(chips, one["taskDefinition"], one["runningCount"]))
    return sorted(services)


def chips(account: PlatformAccount) -> list[tuple[tuple[str, ...], int]]:
    return [(one.chips, one.tasks) for one in running(account)]


def hosts(account: PlatformAccount) -> list[str]:
    (cluster,) = account.aws.status()["clusters"]
    assert cluster["chips"]["owned_twice"] == []
    return sorted(one["id"] for one in cluster["instances"])


def ecs_calls(account: PlatformAccount) -> list[str]:
    prefix = "AmazonEC2ContainerService"
    return [one.partition(".")[2] for one in account.calls.writes() if one.startswith(prefix)]


@contextmanager
def never_without_a_task(account: PlatformAccount) -> Iterator[None]:
    """Some task of the services runs at every look."""
    over, counts = threading.Event(), list[int]()

    ecs, cluster = account.aws.client("ecs"), account.outputs()["ClusterName"]

    def watch() -> None:
        # simulated hosts come to rest between two calls: more looks would see no more
        while not over.wait(0.1):
            (seen,) = ecs.describe_clusters(clusters=[cluster])["clusters"]
            counts.append(seen["runningTasksCount"])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert min(counts, default=1) > 0


def refused(account: PlatformAccount, text: str) -> list[TwoStepPlan]:
    """The plans for the cluster; nothing else is in the way."""
    plans = account.refused(text)
    assert {plan.stack for plan in plans} == {"racks-cluster"}
    return list(plans)


@pytest.mark.parametrize(
    "change",
    [
        {"model": {**SERVICE["model"], "uri": "s3://models-racks/resnet50-v2"}},
        {"workload": {**SERVICE["workload"], "model_name": "resnet"}},
        {"chips": 3},
        {},
    ],
)
def test_a_changed_service_rolls_on_the_host_that_is_there(
    account: PlatformAccount, change: dict[str, Any]
) -> None:
    before, there = running(account), hosts(account)

    with never_without_a_task(account):
        changed = account.deploy(platform({**SERVICE, **change}))

    assert changed == ["racks-cluster"]
    assert hosts(account) == there
    assert running(account) != before
    # a definition goes once nothing runs it any more
    order = ["RegisterTaskDefinition", "UpdateService", "DeregisterTaskDefinition"]
    assert [name for name in dict.fromkeys(ecs_calls(account)) if name in order] in (
        order,
        # or a slot is added or removed, and nothing else is touched
        ["RegisterTaskDefinition"],
        ["DeregisterTaskDefinition"],
    )


@pytest.mark.parametrize("pool", [{**POOL, "root_volume_gib": 90}, POOL])
def test_another_host_image_or_volume_waits_for_the_next_host(
    account: PlatformAccount, pool: dict[str, Any]
) -> None:
    before, there = running(account), hosts(account)

    account.deploy(platform(SERVICE, pools=(pool, LAST)))

    assert (running(account), hosts(account)) == (before, there)
    assert ecs_calls(account) == []


def test_capacity_grows_and_shrinks_by_whole_hosts(account: PlatformAccount) -> None:
    first = chips(account)

    with never_without_a_task(account):
        account.deploy(platform({**SERVICE, "min_instances": 2}, pools=ROOM))
    assert [tasks for _, tasks in chips(account)] == [2] * 4
    assert len(hosts(account)) == 2

    account.deploy(platform({**SERVICE, "min_instances": 0}, pools=ROOM))
    assert hosts(account) == []
    account.deploy(platform(SERVICE))
    assert chips(account) == first
    assert len(hosts(account)) == 1


JOINED = {**SERVICE, "chips_per_task": 2}


def test_joined_slots_are_refused_on_a_full_pool_before_they_wait_for_ever(
    account: PlatformAccount,
) -> None:
    before = running(account)

    plans = refused(account, platform(JOINED))

    assert [plan.resource_type for plan in plans] == ["AWS::ECS::Service"] * 2
    assert "needs 2 hosts, and pool inf1 has 1 at most" in plans[0].reason
    assert "write `max_instances: 2` for pool inf1" in plans[0].steps[0]
    assert "does not stabilize" in account.fails(platform(JOINED))
    assert running(account) == before


def test_the_two_steps_join_slots_while_they_serve(account: PlatformAccount) -> None:
    with never_without_a_task(account):
        account.deploy(platform(JOINED, pools=ROOM))
        account.deploy(platform(JOINED))

    assert chips(account) == [(("0", "1"), 1), (("2", "3"), 1)]
    assert len(hosts(account)) == 1


def test_the_two_steps_without_another_host_join_slots_that_rest(
    account: PlatformAccount,
) -> None:
    whole = {**SERVICE, "chips_per_task": 4}
    assert refused(account, platform(whole))

    account.deploy(platform({**JOINED, "min_instances": 0}))
    account.deploy(platform(whole))

    assert chips(account) == [(("0", "1", "2", "3"), 1)]


LARGER = {"instance_type": "inf1.24xlarge"}
WHOLE = {**SERVICE, "chips_per_task": 4}
NEW = {"name": "inf1-large", **LARGER, "max_instances": 1}


def test_an_instance_type_is_refused_on_a_full_pool_and_rolls_where_there_is_room(
    account: PlatformAccount,
) -> None:
    before = running(account)
    full, room = platform(WHOLE, pools=({**POOL, **LARGER}, LAST)), ({**ROOM[0], **LARGER}, LAST)

    (plan,) = refused(account, full)
    assert plan.resource_type == "AWS::ECS::CapacityProvider"
    assert "needs 2, and the pool has 1 at most" in plan.reason
    assert "does not stabilize" in account.fails(full)
    assert running(account) == before

    with never_without_a_task(account):
        account.deploy(platform(WHOLE, pools=room))
        account.deploy(platform(WHOLE, pools=(ROOM[0], LAST)))
        account.deploy(platform(WHOLE))


def test_a_pool_that_goes_with_its_service_is_refused_before_it_fails_half_way(
    account: PlatformAccount,
) -> None:
    before, moved = running(account), {**WHOLE, "pool": "inf1-large"}

    for text in (platform(pools=(LAST,)), platform(moved, pools=(NEW, LAST))):
        (plan,) = refused(account, text)
        assert "pool inf1 goes together with what runs on it" in plan.reason
        assert "leave pool inf1 in the platform file" in plan.steps[0]
        assert "is in use and cannot be removed" in account.fails(text)

    assert running(account) == before


def test_the_two_steps_move_a_service_to_a_new_pool_and_remove_the_old_one(
    account: PlatformAccount,
) -> None:
    moved = {**WHOLE, "pool": "inf1-large"}
    (there,) = hosts(account)

    with never_without_a_task(account):
        account.deploy(platform(moved, pools=(POOL, LAST, NEW)))
        first = ecs_calls(account)
        account.deploy(platform(moved, pools=(LAST, NEW)))

    assert first.index("CreateCapacityProvider") < first.index("PutClusterCapacityProviders")
    assert first.index("PutClusterCapacityProviders") < first.index("UpdateService")
    assert ecs_calls(account) == ["PutClusterCapacityProviders", "DeleteCapacityProvider"]
    assert chips(account) == [(("0", "1", "2", "3"), 1)]
    assert there not in hosts(account)


def test_a_pool_goes_in_the_deployment_after_that_of_its_last_service(
    account: PlatformAccount,
) -> None:
    account.deploy(platform(pools=(LAST, NEW)))
    assert running(account) == []

    account.deploy(platform(pools=(LAST,), tasks=[TASK]))

    assert hosts(account) == []


def test_the_last_pool_goes_in_one_deployment(account: PlatformAccount) -> None:
    """The cluster's list of providers goes with it, after whatever ran on it."""
    text = platform(pools=(LAST,), tasks=[TASK])
    without = {
        name: {
            **template,
            "Resources": {
                key: one
                for key, one in template["Resources"].items()
                if one["Type"] != "AWS::ECS::ClusterCapacityProviderAssociations"
            },
        }
        for name, template in account.synthesize(text).items()
    }

    assert two_step_plans(account.templates, without) == ()


def test_one_off_tasks_that_wait_for_a_host_do_not_stop_the_whole_from_being_destroyed(
    account: PlatformAccount,
) -> None:
    ecs, outputs = account.aws.client("ecs"), account.outputs()
    tasks = [
        task["taskArn"]
        for _ in range(2)
        for task in ecs.run_task(
            cluster=outputs["ClusterName"],
            taskDefinition=outputs["TaskDefinitionProbe"],
            capacityProviderStrategy=[{"capacityProvider": outputs["TaskCapacityProviderProbe"]}],
            count=10,
        )["tasks"]
    ]
    found = ecs.describe_tasks(cluster=outputs["ClusterName"], tasks=tasks)["tasks"]
    waiting = [one for one in found if one["lastStatus"] == "PROVISIONING"]
    assert 0 < len(waiting) < len(tasks)

    account.destroy()

    calls = ecs_calls(account)
    assert calls.count("StopTask") == len(waiting)
    order = [calls.index(name) for name in ("StopTask", "DeleteCapacityProvider", "DeleteCluster")]
    assert order == sorted(order)
    (bucket,) = account.aws.leftovers()["leftovers"]
    assert bucket.startswith("s3 cdk-hnb659fds-assets-")
