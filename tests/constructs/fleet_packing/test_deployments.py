"""Deployment settings against a step-by-step simulation of ECS's rolling update."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_packing import (
    DeploymentPercents,
    PackingError,
    deployment_deadlock,
    safe_deployment,
)

_percents = st.builds(
    DeploymentPercents,
    minimum=st.integers(0, 100),
    maximum=st.integers(100, 200),
)


@given(_percents, st.integers(0, 30), st.integers(0, 30))
def test_deadlock_is_what_the_simulation_gets_stuck_in(
    percents: DeploymentPercents, desired: int, spare: int
) -> None:
    hosts = desired + spare

    said = deployment_deadlock(percents, desired=desired, hosts=hosts)

    assert (said is not None) == (not _finishes(percents, desired, hosts))


def _finishes(percents: DeploymentPercents, desired: int, hosts: int) -> bool:
    """One task per host; each round starts what is allowed, then stops what is allowed."""
    old, new = desired, 0
    while old:
        ceiling = desired * percents.maximum // 100
        floor = -(-desired * percents.minimum // 100)
        started = min(ceiling - old - new, hosts - old - new, desired - new)
        new += max(started, 0)
        stopped = min(old, max(old + new - floor, 0))
        old -= stopped
        if started <= 0 and stopped <= 0:
            return False
    return True


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 40))
def test_safe_settings_finish_at_every_size(low: int, more: int, pool_more: int) -> None:
    high = low + more
    pool = high + pool_more

    percents = safe_deployment(min_instances=low, max_instances=high, pool_max_instances=pool)

    for desired in range(low, high + 1):
        assert deployment_deadlock(percents, desired=desired, hosts=pool) is None


@pytest.mark.parametrize(
    ("low", "high", "pool", "expected"),
    [
        (1, 2, 4, DeploymentPercents(minimum=100, maximum=200)),
        (2, 4, 4, DeploymentPercents(minimum=50, maximum=100)),
        (1, 4, 4, DeploymentPercents(minimum=0, maximum=100)),
    ],
)
def test_settings_keep_as_much_serving_as_the_pool_allows(
    low: int, high: int, pool: int, expected: DeploymentPercents
) -> None:
    assert (
        safe_deployment(min_instances=low, max_instances=high, pool_max_instances=pool) == expected
    )


@pytest.mark.parametrize(
    ("percents", "desired", "hosts", "reason"),
    [
        (
            DeploymentPercents(minimum=100, maximum=200),
            2,
            2,
            "100 % of 2 tasks keeps all 2 running, one on each of 2 hosts, and no host is spare for"
            " a new one",
        ),
        (
            DeploymentPercents(minimum=50, maximum=100),
            1,
            4,
            "50 % of 1 task keeps all 1 running and 100 % starts none beside them",
        ),
    ],
)
def test_deadlock_says_why(
    percents: DeploymentPercents, desired: int, hosts: int, reason: str
) -> None:
    assert deployment_deadlock(percents, desired=desired, hosts=hosts) == reason


@pytest.mark.parametrize(("minimum", "maximum"), [(-1, 100), (101, 100), (0, 99), (0, 201)])
def test_percents_that_ecs_refuses_are_refused(minimum: int, maximum: int) -> None:
    with pytest.raises(PackingError, match=f"got {minimum} and {maximum}"):
        DeploymentPercents(minimum=minimum, maximum=maximum)
