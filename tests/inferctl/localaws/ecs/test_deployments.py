"""Rolling updates, daemons, circuit breakers: what settles, and what says why it does not."""

from __future__ import annotations

from typing import Any

import pytest

from fleet_packing import DeploymentPercents, deployment_deadlock
from inferctl.localaws.ecs.errors import EcsError
from inferctl.localaws.ecs.simulator import (
    Fleet,
    ServiceState,
    TaskSpec,
    begin,
    reconcile,
    report,
    resume,
    settle,
)

from .fleets import DISTINCT, add_host, on_type, percents, service, spec

PORT = [{"containerPort": 80, "hostPort": 80}]


def said(state: ServiceState) -> str:
    return "\n".join(event.message for event in state.events)


def rest(fleet: Fleet, *services: ServiceState) -> None:
    settle(fleet, services)
    report(fleet, services)


def deploy(fleet: Fleet, state: ServiceState, definition: TaskSpec | None = None) -> None:
    begin(fleet, state, definition or state.primary.spec, {})


def breaker(**settings: Any) -> dict[str, Any]:
    return {"deploymentCircuitBreaker": {"enable": True, "rollback": True, **settings}}


@pytest.mark.parametrize("desired", [1, 2, 3, 4])
@pytest.mark.parametrize("hosts", [1, 2, 3, 4, 8])
@pytest.mark.parametrize(("minimum", "maximum"), [(100, 200), (50, 100), (0, 100), (50, 150)])
def test_a_deployment_of_one_task_per_host_ends_unless_the_arithmetic_says_it_cannot(
    desired: int, hosts: int, minimum: int, maximum: int
) -> None:
    if hosts < desired:
        return
    fleet = Fleet()
    for _ in range(hosts):
        add_host(fleet, "c5.xlarge")
    settings = percents(minimum, maximum)
    state = service(
        fleet,
        "s",
        spec(),
        desired,
        placementConstraints=DISTINCT,
        deploymentConfiguration=settings,
    )
    rest(fleet, state)

    deploy(fleet, state)
    rest(fleet, state)

    stuck = deployment_deadlock(
        DeploymentPercents(minimum=minimum, maximum=maximum), desired=desired, hosts=hosts
    )
    assert (state.blocked is None) is (stuck is None), stuck
    assert (state.primary.state == "COMPLETED") is (stuck is None)


def test_a_full_fleet_with_distinct_instances_cannot_deploy_and_says_why() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    state = service(fleet, "s", spec(), placementConstraints=DISTINCT)
    rest(fleet, state)
    old = fleet.of_group("service:s")

    deploy(fleet, state)
    rest(fleet, state)
    rest(fleet, state)

    assert fleet.of_group("service:s") == old
    assert state.events[-1].message == (
        "(service s) was unable to place a task because no container instance met all of its"
        " requirements. Reason: distinctInstance placement constraint unsatisfied."
    )
    assert said(state).count("unable") == 1, "said once"


def test_a_static_port_blocks_a_deployment_that_must_keep_all_running() -> None:
    fleet = Fleet()
    host = add_host(fleet, "c5.xlarge")
    state = service(fleet, "s", spec(portMappings=PORT))
    rest(fleet, state)

    deploy(fleet, state)
    rest(fleet, state)

    assert state.blocked is not None
    assert state.blocked.endswith(
        f"The closest matching (container-instance {host.id}) is already using a port required by"
        " your task."
    )


def test_memory_blocks_a_deployment_and_a_new_host_lets_it_go_on() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    state = service(fleet, "s", spec(memory=5000))
    rest(fleet, state)
    deploy(fleet, state)
    rest(fleet, state)
    assert state.blocked is not None and "has insufficient memory available" in state.blocked

    add_host(fleet, "c5.xlarge")
    rest(fleet, state)

    assert state.blocked is None and state.primary.state == "COMPLETED"


def test_percents_that_round_to_nothing_lock_a_deployment() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    state = service(fleet, "s", spec(), deploymentConfiguration=percents(50, 150))
    rest(fleet, state)

    deploy(fleet, state)
    rest(fleet, state)

    assert state.blocked is not None
    assert state.blocked.startswith("was unable to stop or start tasks during a deployment")


def test_a_deployment_never_runs_fewer_or_more_than_its_percents() -> None:
    fleet = Fleet()
    for _ in range(4):
        add_host(fleet, "c5.xlarge")
    state = service(fleet, "s", spec(), 5, deploymentConfiguration=percents(50, 130))
    rest(fleet, state)
    old = state.primary.id

    deploy(fleet, state)
    seen: list[int] = []
    while reconcile(fleet, [state]) | fleet.finish_stopping():
        seen.append(sum(task.running for task in fleet.of_group("service:s")))

    assert min(seen) >= 3 and max(seen) <= 6
    assert old not in {task.deployment for task in fleet.of_group("service:s")}


def test_tasks_of_a_draining_host_are_replaced() -> None:
    fleet = Fleet()
    first, second = add_host(fleet, "c5.xlarge"), add_host(fleet, "c5.xlarge")
    state = service(fleet, "s", spec(), 2)
    rest(fleet, state)

    first.draining = True
    rest(fleet, state)

    assert (len(first.tasks), len(second.tasks)) == (0, 2)


def test_tasks_of_a_lost_host_are_started_elsewhere() -> None:
    fleet = Fleet()
    first, second = add_host(fleet, "c5.xlarge"), add_host(fleet, "c5.xlarge")
    state = service(fleet, "s", spec(), 2)
    rest(fleet, state)

    fleet.remove_host(first.id)
    rest(fleet, state)

    assert len(second.tasks) == 2 and state.blocked is None


def test_fewer_desired_tasks_leave_the_zones_even() -> None:
    fleet = Fleet()
    hosts = [add_host(fleet, "c5.xlarge", zone=zone) for zone in "ab"]
    state = service(fleet, "s", spec(), 6)
    rest(fleet, state)

    state.desired = 2
    rest(fleet, state)

    assert [len(host.tasks) for host in hosts] == [1, 1]


def test_a_daemon_runs_once_on_every_host_that_it_selects() -> None:
    fleet = Fleet()
    hosts = [add_host(fleet, size) for size in ("inf2.xlarge", "c5.xlarge", "inf2.xlarge")]
    definition = spec(task={"placementConstraints": on_type("inf2.xlarge")})
    state = service(fleet, "d", definition, daemon=True)

    rest(fleet, state)
    assert [len(host.tasks) for host in hosts] == [1, 0, 1]
    assert state.desired == 2

    hosts.append(add_host(fleet, "inf2.xlarge"))
    hosts[0].draining = True
    rest(fleet, state)
    assert [len(host.tasks) for host in hosts] == [0, 0, 1, 1]


def test_a_daemon_is_placed_before_the_tasks_that_would_fill_the_host() -> None:
    fleet = Fleet()
    replica = service(fleet, "a", spec(memory=7000))
    daemon = service(fleet, "d", spec("d", memory=900), daemon=True)

    add_host(fleet, "c5.xlarge")
    rest(fleet, replica, daemon)

    assert daemon.blocked is None
    assert replica.blocked is not None and "insufficient memory" in replica.blocked


def test_a_daemon_is_replaced_in_place() -> None:
    fleet = Fleet()
    hosts = [add_host(fleet, "c5.xlarge") for _ in range(3)]
    state = service(fleet, "d", spec(memory=4000), daemon=True)
    rest(fleet, state)

    deploy(fleet, state)
    rest(fleet, state)

    tasks = fleet.of_group("service:d")
    assert {task.host for task in tasks} == set(hosts) and len(tasks) == 3
    assert {task.deployment for task in tasks} == {state.primary.id}
    assert state.primary.state == "COMPLETED"


def test_a_daemon_without_room_says_so() -> None:
    fleet = Fleet()
    host = add_host(fleet, "c5.xlarge")
    state = service(fleet, "d", spec(memory=9000), daemon=True)

    rest(fleet, state)

    assert state.blocked is not None and f"{host.id}) has insufficient memory" in state.blocked


@pytest.mark.parametrize(
    ("desired", "threshold", "failures"),
    [
        (1, {}, 3),
        (10, {}, 5),
        (2, {"thresholdConfiguration": {"type": "COUNT", "value": 7}}, 7),
        (4, {"thresholdConfiguration": {"type": "UNBOUNDED_PERCENT", "value": 25}}, 1),
    ],
)
def test_the_circuit_breaker_fails_a_deployment_at_its_threshold(
    desired: int, threshold: dict[str, Any], failures: int
) -> None:
    fleet = Fleet()
    add_host(fleet, "c5.4xlarge")
    state = service(
        fleet,
        "s",
        spec(dockerLabels={"localaws.fails": "exit code 1"}),
        desired,
        deploymentConfiguration=breaker(**threshold),
    )

    rest(fleet, state)

    assert (state.primary.state, state.primary.failed_tasks) == ("FAILED", failures)
    assert fleet.of_group("service:s") == []
    assert "deployment failed: tasks failed to start." in said(state)


def test_the_circuit_breaker_rolls_back_to_what_was_completed() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    good, bad = spec("good"), spec("bad", dockerLabels={"localaws.fails": "exit code 1"})
    state = service(fleet, "s", good, 2, deploymentConfiguration=breaker())
    rest(fleet, state)
    old = fleet.of_group("service:s")

    deploy(fleet, state, bad)
    rest(fleet, state)

    assert state.primary.spec is good and state.primary.state == "COMPLETED"
    tasks = fleet.of_group("service:s")
    assert len(tasks) == 2 and {task.spec for task in tasks} == {good}
    assert set(tasks) & set(old), "what ran was not stopped before the new ran"
    assert "rolling back to (deployment " in said(state)


def test_a_stuck_update_that_is_taken_back_leaves_the_tasks_that_ran() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    state = service(fleet, "s", spec(), placementConstraints=DISTINCT)
    rest(fleet, state)
    first, old = state.primary, fleet.of_group("service:s")
    deploy(fleet, state)
    rest(fleet, state)
    assert state.blocked is not None

    resume(fleet, state, first)
    rest(fleet, state)

    assert fleet.of_group("service:s") == old
    assert state.deployments == [first] and first.state == "COMPLETED" and state.blocked is None


def test_without_rollback_the_old_tasks_stay() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    settings = breaker(rollback=False)
    state = service(fleet, "s", spec("good"), 2, deploymentConfiguration=settings)
    rest(fleet, state)
    old = fleet.of_group("service:s")

    deploy(fleet, state, spec("bad", dockerLabels={"localaws.fails": "x"}))
    rest(fleet, state)

    assert fleet.of_group("service:s") == old
    assert state.primary.state == "FAILED" and state.blocked is not None


def test_without_a_circuit_breaker_failing_tasks_are_given_up_with_an_event() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    state = service(fleet, "s", spec(dockerLabels={"localaws.fails": "x"}))

    rest(fleet, state)

    assert state.blocked == "is unable to consistently start tasks successfully."
    assert state.primary.state == "IN_PROGRESS"


def test_the_circuit_breaker_does_not_count_tasks_that_only_wait() -> None:
    fleet = Fleet()
    state = service(fleet, "s", spec(), 3, deploymentConfiguration=breaker())

    rest(fleet, state)

    assert (state.primary.state, state.primary.failed_tasks) == ("IN_PROGRESS", 0)


@pytest.mark.parametrize(
    "settings",
    [
        {"deploymentConfiguration": percents(100, 100)},
        {"deploymentConfiguration": percents(101, 200)},
        {"deploymentConfiguration": percents(50, 99)},
        {
            "capacityProviderStrategy": [
                {"capacityProvider": "a"},
                {"capacityProvider": "b", "base": 1},
            ]
        },
    ],
)
def test_settings_that_can_never_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(EcsError):
        service(Fleet(), "s", spec(), **settings)
