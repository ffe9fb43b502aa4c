"""How many instances managed scaling wants."""

from __future__ import annotations

from typing import Any

import pytest

from inferctl.localaws.ecs.simulator import Fleet, HostType, Pool, plan, settle

from .fleets import add_host, service, spec


def pool(**settings: Any) -> Pool:
    kind = HostType(name="c5.xlarge", vcpu=4, memory_mib=7800, enis=4)
    return Pool(
        **{"provider": "p", "type": kind, "size": 0, "minimum": 0, "maximum": 9, **settings}
    )


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({}, 3),
        ({"maximum": 2}, 2),
        ({"step": 1}, 1),
        ({"target_percent": 50}, 6),
        ({"minimum": 5}, 5),
    ],
)
def test_scale_out_is_what_waiting_tasks_need(settings: dict[str, Any], size: int) -> None:
    fleet = Fleet()
    state = service(
        fleet,
        "s",
        spec(memory=3000),
        5,
        capacityProviderStrategy=[{"capacityProvider": "p"}],
    )
    settle(fleet, [state])

    assert plan(fleet, pool(**settings), [state]).size == size


def test_scale_out_leaves_room_for_daemons() -> None:
    fleet = Fleet()
    daemon = service(fleet, "d", spec(memory=2000), daemon=True)
    state = service(
        fleet, "s", spec(memory=3000), 2, capacityProviderStrategy=[{"capacityProvider": "p"}]
    )
    settle(fleet, [daemon, state])

    assert plan(fleet, pool(), [state]).size == 1
    assert plan(fleet, pool(), [daemon, state]).size == 2


def test_nothing_is_launched_for_a_task_that_fits_on_no_instance() -> None:
    fleet = Fleet()
    state = service(
        fleet, "s", spec(memory=8000), 2, capacityProviderStrategy=[{"capacityProvider": "p"}]
    )
    settle(fleet, [state])

    assert plan(fleet, pool(), [state]).size == 0


def test_only_instances_without_tasks_are_released() -> None:
    fleet = Fleet()
    hosts = [add_host(fleet, "c5.xlarge", provider="p") for _ in range(3)]
    daemon = service(fleet, "d", spec(), daemon=True)
    state = service(fleet, "s", spec(), 1, capacityProviderStrategy=[{"capacityProvider": "p"}])
    settle(fleet, [daemon, state])
    busy = [host for host in hosts if not host.idle]
    assert len(busy) == 1

    released = plan(fleet, pool(size=3), [daemon, state])

    assert released.size == 1
    assert set(released.released) == set(hosts) - set(busy)
    fleet.stop(fleet.of_group("service:s")[0], code="UserInitiated", reason="")
    assert busy[0] not in plan(fleet, pool(size=3), [daemon, state]).released, "it still stops"
