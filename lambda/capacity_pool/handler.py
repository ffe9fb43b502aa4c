"""``Custom::CapacityPool``: what the Provider framework calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NotRequired, TypedDict, cast

import boto3
from botocore.config import Config

from capacity_pool.drain import FAULTS, AutoScalingClient, is_passing, let_go, look
from capacity_pool.errors import PoolError, StillOccupiedError
from capacity_pool.group import occupied_message
from capacity_pool.pool import read_pool
from capacity_pool.tasks import EcsClient, stop_waiting
from cfn_resource import (
    LambdaContext,
    RequestType,
    ResourceError,
    log_location,
    one_line,
    parse_event,
)
from cfn_resource.messages import MESSAGE_BYTES

_CONFIG: Final = Config(
    retries={"mode": "standard", "max_attempts": 5}, connect_timeout=10, read_timeout=30
)

_log = logging.getLogger(__name__)


class OnEventResult(TypedDict):
    """What the framework wants of `on_event`; it hands all of it to `is_complete`."""

    PhysicalResourceId: str
    DrainUntil: NotRequired[str]
    """When `is_complete` gives up, in ISO format."""


class IsCompleteResult(TypedDict):
    """What the framework wants of `is_complete`."""

    IsComplete: bool


def _now() -> datetime:
    return datetime.now(tz=UTC)


def on_event(
    event: Mapping[str, object], context: LambdaContext, *, now: Callable[[], datetime] = _now
) -> OnEventResult:
    """Check the properties; set the time limit of a deletion."""
    with _one_line_failures(context):
        request = parse_event(event)
        pool = read_pool(request.properties)
        if request.request_type is not RequestType.DELETE:
            return OnEventResult(PhysicalResourceId=pool.group)
        until = now() + timedelta(minutes=pool.drain_minutes)
        return OnEventResult(
            # the framework refuses another id on Delete, even where Create failed to give one
            PhysicalResourceId=request.physical_resource_id or pool.group,
            DrainUntil=until.isoformat(),
        )


def is_complete(
    event: Mapping[str, object],
    context: LambdaContext,
    *,
    client: AutoScalingClient | None = None,
    ecs: EcsClient | None = None,
    now: Callable[[], datetime] = _now,
) -> IsCompleteResult:
    """On Delete, empty the group step by step and stop the tasks that wait for it; everything else
    is complete at once.

    The group is the one of the properties and not of the physical id, which a failed Create
    never set.
    """
    with _one_line_failures(context):
        request = parse_event(event)
        if request.request_type is not RequestType.DELETE:
            return IsCompleteResult(IsComplete=True)
        pool = read_pool(request.properties)
        asg = client if client is not None else _client()
        over = _is_over(event, now)
        try:
            group = look(asg, pool)
            if group is not None and not group.empty:
                let_go(asg, pool, group)
            stopped = stop_waiting(ecs if ecs is not None else _ecs_client(), pool)
            if group is None or group.empty:
                # what was stopped may be one page of many
                return IsCompleteResult(IsComplete=not stopped)
        except FAULTS as error:
            if over or not is_passing(error):
                raise PoolError(
                    f"capacity pool {pool.name} (Auto Scaling group {pool.group}) could not be"
                    f" emptied: {error}"
                ) from error
            _log.warning("asked again later: %s", error)
            return IsCompleteResult(IsComplete=False)
        if stopped:
            _log.info("%d waiting tasks of %s stopped", stopped, pool.cluster)
        if over:
            raise StillOccupiedError(occupied_message(pool, group.instances))
        _log.info("%d instances left in %s", len(group.instances), pool.group)
        return IsCompleteResult(IsComplete=False)


def _is_over(event: Mapping[str, object], now: Callable[[], datetime]) -> bool:
    """Whether the limit that `on_event` set has passed; without one the framework's own holds."""
    until = event.get("DrainUntil")
    return isinstance(until, str) and now() >= datetime.fromisoformat(until)


@contextmanager
def _one_line_failures(context: LambdaContext) -> Generator[None]:
    """Make our own errors one line that fits in CloudFormation's response and names the log."""
    logging.getLogger("capacity_pool").setLevel(logging.INFO)
    try:
        yield
    except ResourceError as error:
        place = f" (log: {log_location(context)})"
        limit = MESSAGE_BYTES - len(place.encode("utf-8"))
        raise PoolError(one_line(str(error), limit=limit) + place) from error


@lru_cache(maxsize=1)
def _client() -> AutoScalingClient:
    # the stubs of the services that we do not use are not installed
    return cast(
        AutoScalingClient,
        boto3.client("autoscaling", config=_CONFIG),  # pyright: ignore[reportUnknownMemberType]
    )


@lru_cache(maxsize=1)
def _ecs_client() -> EcsClient:
    return cast(
        EcsClient,
        boto3.client("ecs", config=_CONFIG),  # pyright: ignore[reportUnknownMemberType]
    )
