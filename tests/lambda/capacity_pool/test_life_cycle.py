"""What Create, Update and Delete do, and that Delete ends with an empty group."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_pool.errors import PoolError
from tests.support.scaling_group import PROPERTIES, FakeGroup, FakeInstance, Framework


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_create_and_update_touch_nothing_and_are_complete_at_once(
    group: FakeGroup, framework: Framework, kind: str
) -> None:
    started = framework.start(framework.event(kind))

    assert framework.step(started)
    assert group.calls == []
    assert started["PhysicalResourceId"] == "group"


def test_an_update_to_another_group_gives_another_physical_id(framework: Framework) -> None:
    event = framework.event("Update", ResourceProperties=PROPERTIES | {"GroupName": "other"})

    assert framework.start(event)["PhysicalResourceId"] == "other"


def test_delete_ends_every_protected_instance(group: FakeGroup, framework: Framework) -> None:
    framework.finish(framework.event("Delete"))

    assert group.instances == {}
    assert group.sizes == (0, 0, 0)
    assert not group.protects_new_instances


def test_protection_goes_before_the_group_is_told_to_shrink(
    group: FakeGroup, framework: Framework
) -> None:
    framework.finish(framework.event("Delete"))

    names = [name for name, _ in group.calls]
    assert names.index("SetInstanceProtection") < names.index("UpdateAutoScalingGroup")


def test_delete_asks_once_and_then_only_looks(group: FakeGroup, framework: Framework) -> None:
    group.steps_to_end = 9

    steps = framework.finish(framework.event("Delete"))

    assert steps > 9
    assert len(group.named("SetInstanceProtection")) == 1
    assert len(group.named("UpdateAutoScalingGroup")) == 1


@pytest.mark.parametrize(("count", "batches"), [(50, [50]), (51, [50, 1]), (120, [50, 50, 20])])
def test_protection_is_taken_off_fifty_instances_at_a_time(
    group: FakeGroup, framework: Framework, count: int, batches: list[int]
) -> None:
    group.instances = {f"i-{number}": FakeInstance() for number in range(count)}

    framework.finish(framework.event("Delete"))

    assert [len(ids) for ids in group.named("SetInstanceProtection")] == batches
    assert group.instances == {}


def test_an_instance_that_starts_meanwhile_goes_too(group: FakeGroup, framework: Framework) -> None:
    started = framework.start(framework.event("Delete"))
    framework.step(started)

    group.instances["i-late"] = FakeInstance()
    while not framework.step(started):
        pass

    assert group.named("SetInstanceProtection") == [("i-1", "i-2"), ("i-late",)]
    assert group.instances == {}


def test_an_instance_that_is_not_in_service_yet_is_left_for_a_later_look(
    group: FakeGroup, framework: Framework
) -> None:
    group.instances = {"i-1": FakeInstance(state="Pending")}
    started = framework.start(framework.event("Delete"))

    assert not framework.step(started)
    assert group.named("SetInstanceProtection") == []

    group.instances["i-1"].state = "InService"
    while not framework.step(started):
        pass
    assert group.named("SetInstanceProtection") == [("i-1",)]


def test_an_instance_that_terminates_already_is_waited_for(
    group: FakeGroup, framework: Framework
) -> None:
    group.sizes = (0, 0, 0)
    group.protects_new_instances = False
    group.instances = {"i-1": FakeInstance(protected=True, state="Terminating:Wait")}

    assert framework.finish(framework.event("Delete")) == 2
    assert {name for name, _ in group.calls} == {"DescribeAutoScalingGroups"}


def test_an_empty_group_is_still_kept_from_starting_instances(
    group: FakeGroup, framework: Framework
) -> None:
    group.instances = {}

    framework.finish(framework.event("Delete"))

    assert group.named("UpdateAutoScalingGroup") == [(0, 0, 0)]


def test_a_group_that_is_gone_is_done(group: FakeGroup, framework: Framework) -> None:
    group.exists = False

    assert framework.finish(framework.event("Delete")) == 1
    assert {name for name, _ in group.calls} == {"DescribeAutoScalingGroups"}


def test_a_group_that_is_being_deleted_is_only_watched(
    group: FakeGroup, framework: Framework
) -> None:
    group.status = "Delete in progress"
    started = framework.start(framework.event("Delete"))

    assert not framework.step(started)
    assert {name for name, _ in group.calls} == {"DescribeAutoScalingGroups"}

    group.exists = False
    assert framework.step(started)


def test_repeated_and_late_deletes_change_nothing_more(
    group: FakeGroup, framework: Framework
) -> None:
    event = framework.event("Delete")
    framework.finish(event)
    calls = len(group.calls)

    assert framework.finish(event) == 1
    assert {name for name, _ in group.calls[calls:]} == {"DescribeAutoScalingGroups"}


def test_a_delete_after_a_failed_create_keeps_its_id_and_empties_the_group(
    group: FakeGroup, framework: Framework
) -> None:
    event = framework.event("Delete", PhysicalResourceId="none-was-given")

    assert framework.start(event)["PhysicalResourceId"] == "none-was-given"

    framework.finish(event)
    assert group.instances == {}


def test_a_task_that_keeps_its_instance_is_named_when_the_time_is_over(
    group: FakeGroup, framework: Framework
) -> None:
    group.held = {"i-2"}
    begun = framework.now

    with pytest.raises(PoolError) as failure:
        framework.finish(framework.event("Delete"))

    assert framework.now - begun == timedelta(minutes=30)
    assert str(failure.value) == (
        "capacity pool inf2 still has 1 instance after 30 minutes: i-2 (Terminating:Wait). A task"
        " that no service of this stack owns, such as one of run-task, keeps its instance: find it"
        " with 'aws ecs list-tasks --cluster fleet', stop it, and delete the stack again (log: log"
        " group logs, stream stream)"
    )


def test_only_the_first_of_many_left_instances_are_named(
    group: FakeGroup, framework: Framework
) -> None:
    group.instances = {f"i-{number}": FakeInstance() for number in range(12)}
    group.held = set(group.instances)
    event = framework.event("Delete", ResourceProperties=PROPERTIES | {"DrainMinutes": "1"})

    with pytest.raises(PoolError, match=r"12 instances after 1 minute: i-0 .* i-7 \(.*\) and 4 "):
        framework.finish(event)


def test_without_a_limit_from_on_event_the_framework_s_own_holds(
    group: FakeGroup, framework: Framework
) -> None:
    group.held = {"i-2"}
    framework.now += timedelta(days=1)

    assert not framework.step(framework.event("Delete"))
