"""One-off tasks that no instance will ever come for are stopped with the pool they wait for."""

from __future__ import annotations

import pytest
from botocore.exceptions import EndpointConnectionError

from capacity_pool.errors import PoolError
from tests.support.scaling_group import PROPERTIES, FakeGroup, Framework, refusal
from tests.support.waiting_tasks import FakeTask

CALLS = ("ListTasks", "DescribeTasks", "StopTask")


@pytest.mark.parametrize("exists", [True, False])
def test_a_task_that_waits_for_the_pool_is_stopped_whether_the_group_is_there_or_not(
    group: FakeGroup, framework: Framework, exists: bool
) -> None:
    group.exists = exists
    framework.tasks.tasks = {"waiting": FakeTask()}

    framework.finish(framework.event("Delete"))

    assert framework.tasks.named("StopTask") == ["waiting"]


def test_tasks_of_other_pools_and_those_that_run_are_left_alone(framework: Framework) -> None:
    others = {
        "running": FakeTask(status="RUNNING"),
        "placed": FakeTask(status="PENDING"),
        "of another pool": FakeTask(provider="other"),
        "of no pool": FakeTask(provider=None),
    }
    framework.tasks.tasks = {**others}

    framework.finish(framework.event("Delete"))

    assert framework.tasks.tasks == others


def test_the_group_takes_no_more_instances_before_the_first_task_is_stopped(
    group: FakeGroup, framework: Framework
) -> None:
    framework.tasks.tasks = {"waiting": FakeTask()}
    started = framework.start(framework.event("Delete"))

    framework.step(started)

    assert group.sizes == (0, 0, 0)
    assert framework.tasks.tasks == {}


def test_tasks_of_many_pages_are_stopped_a_page_at_a_time(framework: Framework) -> None:
    framework.tasks.tasks = {
        f"{number}": FakeTask(status="RUNNING" if number < 150 else "PROVISIONING")
        for number in range(420)
    }

    framework.finish(framework.event("Delete"))

    assert {task.status for task in framework.tasks.tasks.values()} == {"RUNNING"}
    assert len(framework.tasks.named("StopTask")) == 270


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_create_and_update_stop_nothing(framework: Framework, kind: str) -> None:
    framework.tasks.tasks = {"waiting": FakeTask()}

    framework.finish(framework.event(kind))

    assert framework.tasks.calls == []


def test_a_pool_of_an_earlier_release_is_emptied_and_its_tasks_left(
    group: FakeGroup, framework: Framework
) -> None:
    framework.tasks.tasks = {"waiting": FakeTask()}
    properties = {name: one for name, one in PROPERTIES.items() if name != "CapacityProvider"}

    framework.finish(framework.event("Delete", ResourceProperties=properties))

    assert group.instances == {}
    assert framework.tasks.calls == []


def test_a_cluster_that_is_gone_has_no_tasks(group: FakeGroup, framework: Framework) -> None:
    gone = refusal("ClusterNotFoundException", "ListTasks")
    framework.tasks.errors = {"ListTasks": [gone] * 20}

    framework.finish(framework.event("Delete"))

    assert group.instances == {}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "error",
    [
        refusal("ThrottlingException", "call"),
        refusal("ServerException", "call"),
        refusal("InvalidParameterException", "call", "The referenced task was not found."),
        EndpointConnectionError(endpoint_url="https://x"),
    ],
)
def test_a_passing_error_of_any_call_is_tried_again(
    framework: Framework, call: str, error: Exception
) -> None:
    framework.tasks.tasks = {"waiting": FakeTask()}
    framework.tasks.errors = {call: [error]}

    framework.finish(framework.event("Delete"))

    assert framework.tasks.tasks == {}


@pytest.mark.parametrize("call", CALLS)
def test_a_right_that_is_missing_fails_at_once_and_names_the_call(
    framework: Framework, call: str
) -> None:
    framework.tasks.tasks = {"waiting": FakeTask()}
    framework.tasks.errors = {call: [refusal("AccessDeniedException", call, "not authorized")]}

    with pytest.raises(PoolError, match=f"could not be emptied: .*{call}.*not authorized"):
        framework.finish(framework.event("Delete"))
