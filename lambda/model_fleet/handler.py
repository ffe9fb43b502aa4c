"""``Custom::ModelFleet``: what the Provider framework calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NotRequired, TypedDict, cast

import boto3
from botocore.config import Config

from cfn_resource import (
    LambdaContext,
    RequestType,
    ResourceError,
    ResourceEvent,
    log_location,
    one_line,
    parse_event,
)
from cfn_resource.messages import MESSAGE_BYTES
from model_artifacts import ArtifactsError, StorageError
from model_fleet.budget import TimeBudget
from model_fleet.contract import FleetAttributes
from model_fleet.errors import FleetError
from model_fleet.execution import Machine, StatesClient
from model_fleet.fleet import read_fleet, read_removal
from model_fleet.publish import Publisher
from model_fleet.remove import is_ours, remove
from model_fleet.report import attributes
from model_fleet.requests import register

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG: Final = Config(
    retries={"mode": "standard", "max_attempts": 5},
    connect_timeout=10,
    read_timeout=60,
    max_pool_connections=16,
)

# for the last look, and for the answer to reach CloudFormation
_LAST_SECONDS: Final = 120.0

_log = logging.getLogger(__name__)


class OnEventResult(TypedDict):
    """What the framework wants of `on_event`; it hands all of it to `is_complete`."""

    PhysicalResourceId: str
    PublishUntil: NotRequired[str]
    """When `is_complete` gives up, in ISO format."""


class IsCompleteResult(TypedDict):
    """What the framework wants of `is_complete`; it refuses data before completion."""

    IsComplete: bool
    Data: NotRequired[FleetAttributes]


def _now() -> datetime:
    return datetime.now(tz=UTC)


def on_event(
    event: Mapping[str, object],
    context: LambdaContext,
    *,
    s3: S3Client | None = None,
    now: Callable[[], datetime] = _now,
) -> OnEventResult:
    """Check the request, make it the newest one of its fleet, and return the physical id."""
    with _one_line_failures(context):
        client = s3 if s3 is not None else _client()
        request = parse_event(event)
        if request.request_type is RequestType.DELETE:
            removal = read_removal(request)
            if is_ours(client, removal, request):
                register(client, removal.location, request, fleet=removal.name)
            return OnEventResult(PhysicalResourceId=str(removal.location))
        fleet = read_fleet(request.properties)
        register(client, fleet.location, request, fleet=fleet.name)
        result = OnEventResult(PhysicalResourceId=str(fleet.location))
        if fleet.time_limit_seconds is not None:
            seconds = fleet.time_limit_seconds
            left = seconds - min(_LAST_SECONDS, seconds / 4)
            result["PublishUntil"] = (now() + timedelta(seconds=left)).isoformat()
        return result


def is_complete(
    event: Mapping[str, object],
    context: LambdaContext,
    *,
    s3: S3Client | None = None,
    states: StatesClient | None = None,
    now: Callable[[], datetime] = _now,
) -> IsCompleteResult:
    """Publish or remove as much as the call's time allows; the framework asks again until done."""
    with _one_line_failures(context):
        client = s3 if s3 is not None else _client()
        request = parse_event(event)
        if request.request_type is RequestType.DELETE:
            removal = read_removal(request)
            machine = _machine(removal.machine, states)
            return IsCompleteResult(IsComplete=remove(client, removal, request, machine))
        over = _is_over(event, now)
        try:
            return _publish(client, request, context, now, states, over=over)
        except StorageError as error:
            # busy in one of an hour's many looks; without a limit nobody would ever say so
            if not error.transient or over or "PublishUntil" not in event:
                raise
            _log.warning("asked again later: %s", error)
            return IsCompleteResult(IsComplete=False)


def _publish(
    s3: S3Client,
    request: ResourceEvent,
    context: LambdaContext,
    now: Callable[[], datetime],
    states: StatesClient | None,
    *,
    over: bool,
) -> IsCompleteResult:
    fleet = read_fleet(request.properties)
    publisher = Publisher(
        s3=s3,
        fleet=fleet,
        event=request,
        budget=TimeBudget(context),
        now=now,
        machine=_machine(fleet.machine, states),
    )
    index = publisher.publish()
    if index is None:
        if over:
            publisher.give_up()
        return IsCompleteResult(IsComplete=False)
    return IsCompleteResult(IsComplete=True, Data=attributes(index))


def _is_over(event: Mapping[str, object], now: Callable[[], datetime]) -> bool:
    """Whether the limit that `on_event` set has passed; without one the framework's own holds."""
    until = event.get("PublishUntil")
    return isinstance(until, str) and now() >= datetime.fromisoformat(until)


@contextmanager
def _one_line_failures(context: LambdaContext) -> Generator[None]:
    """Make our own errors one line that fits in CloudFormation's response and names the log."""
    logging.getLogger("model_fleet").setLevel(logging.INFO)
    try:
        yield
    except (ResourceError, ArtifactsError) as error:
        place = f" (log: {log_location(context)})"
        limit = MESSAGE_BYTES - len(place.encode("utf-8"))
        raise FleetError(one_line(str(error), limit=limit) + place) from error


def _machine(arn: str | None, states: StatesClient | None) -> Machine | None:
    if arn is None:
        return None
    return Machine(states if states is not None else _states_client(), arn)


@lru_cache(maxsize=1)
def _client() -> S3Client:
    # the stubs of the services that we do not use are not installed
    return boto3.client("s3", config=_CONFIG)  # pyright: ignore[reportUnknownMemberType]


@lru_cache(maxsize=1)
def _states_client() -> StatesClient:
    return cast(
        StatesClient,
        boto3.client("stepfunctions", config=_CONFIG),  # pyright: ignore[reportUnknownMemberType]
    )
