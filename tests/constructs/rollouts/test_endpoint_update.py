"""Steps, waiting and the shortest watch of an endpoint's update."""

from __future__ import annotations

import pytest

from rollouts import PARTS, EndpointUpdate, TrafficShift


def _update(
    kind: TrafficShift, *, percent: int = 20, termination: int = 0, cold: int = 5
) -> EndpointUpdate:
    return EndpointUpdate(
        kind=kind,
        percent=percent,
        wait_seconds=600,
        termination_wait_seconds=termination,
        cold_minutes=cold,
    )


@pytest.mark.parametrize(
    ("kind", "percent", "steps"),
    [
        (TrafficShift.CANARY, 1, 2),
        (TrafficShift.CANARY, 50, 2),
        (TrafficShift.LINEAR, 10, 10),
        (TrafficShift.LINEAR, 30, 4),
        (TrafficShift.ROLLING, 5, 20),
        (TrafficShift.ROLLING, 50, 2),
    ],
)
def test_a_canary_is_watched_twice_and_equal_parts_once_each(
    kind: TrafficShift, percent: int, steps: int
) -> None:
    assert _update(kind, percent=percent).steps == steps


def test_waiting_is_every_watch_and_the_time_before_the_old_fleet_ends() -> None:
    assert _update(TrafficShift.CANARY, termination=300).waiting_seconds == 2 * 600 + 300


@pytest.mark.parametrize("cold", [0, 5, 56])
def test_trouble_that_is_over_with_the_cold_minutes_never_fires_an_alarm(cold: int) -> None:
    update = _update(TrafficShift.LINEAR, cold=cold)

    assert update.alarm_minutes > cold
    assert update.least_wait_seconds > update.alarm_minutes * 60


def test_no_part_is_more_than_half() -> None:
    assert {part[-1] for part in PARTS.values()} == {50}
