"""``Custom::ModelWarmUp``: what the Provider framework and EventBridge call.

Being warm is the only progress there is, and the endpoint keeps it: a handler that was killed or
ran out of time is followed by one that calls all models again, and the warm ones answer at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NotRequired, TypedDict, cast

import boto3
from botocore.config import Config

from cfn_resource import LambdaContext, RequestType, one_line, parse_event
from model_warm_up.contract import MOST_MINUTES, WarmUpAttributes
from model_warm_up.endpoint import RuntimeClient, SageMakerClient, instances_of
from model_warm_up.errors import CallLaterError, WarmUpError
from model_warm_up.hot_models import read_hot_models
from model_warm_up.round import MOST_CALLERS, Outcome, play_round
from model_warm_up.warm_up import WarmUp, read_warm_up

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A call may take 60 s: docs.aws.amazon.com/sagemaker/latest/dg/multi-model-endpoints.html. Failures
# are counted and not repeated at once: those who wait for the same model would repeat them, too.
_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=10,
    read_timeout=70,
    max_pool_connections=MOST_CALLERS,
)
_MARGIN_MILLIS: Final = 80_000
"""What a call that has begun may still take."""
_PAUSE_SECONDS: Final = 5.0
_COLD_BYTES: Final = 1000

_log = logging.getLogger(__name__)


class OnEventResult(TypedDict):
    """What the framework wants of `on_event`; it hands all of it to `is_complete`."""

    PhysicalResourceId: str
    WarmUntil: NotRequired[str]
    """When `is_complete` leaves the rest cold, in ISO format."""


class IsCompleteResult(TypedDict):
    """What the framework wants of `is_complete`; it refuses data before completion."""

    IsComplete: bool
    Data: NotRequired[WarmUpAttributes]


@dataclass(frozen=True, kw_only=True)
class Clients:
    """Clients of the services that a warm-up calls."""

    s3: S3Client
    sagemaker: SageMakerClient
    runtime: RuntimeClient


def _now() -> datetime:
    return datetime.now(tz=UTC)


def on_event(
    event: Mapping[str, object], _context: LambdaContext, *, now: Callable[[], datetime] = _now
) -> OnEventResult:
    """Check the properties and set the time limit; there is nothing to undo on Delete."""
    request = parse_event(event)
    if request.request_type is RequestType.DELETE:
        # the framework refuses another id on Delete, even where Create failed to give one
        return OnEventResult(PhysicalResourceId=request.physical_resource_id or "none")
    warm_up = read_warm_up(request.properties)
    until = now() + timedelta(minutes=MOST_MINUTES)
    return OnEventResult(PhysicalResourceId=warm_up.endpoint, WarmUntil=until.isoformat())


def is_complete(
    event: Mapping[str, object],
    context: LambdaContext,
    *,
    clients: Clients | None = None,
    now: Callable[[], datetime] = _now,
) -> IsCompleteResult:
    """Play a round; complete when every model is warm, refuses its request, or time is over.

    A model that stays cold is worth a warning and no rollback: whether it answers rightly is what
    the verification of the endpoint asks.
    """
    request = parse_event(event)
    if request.request_type is RequestType.DELETE:
        return IsCompleteResult(IsComplete=True)
    outcomes = _play(read_warm_up(request.properties), context, clients or _clients())
    cold = [outcome for outcome in outcomes if outcome.failure is not None]
    if any(outcome.passing for outcome in cold) and not _is_over(event, now):
        return IsCompleteResult(IsComplete=False)
    _warn(cold)
    named = "; ".join(f"{outcome.model}: {outcome.failure}" for outcome in cold)
    data = WarmUpAttributes(
        Warm=str(len(outcomes) - len(cold)), Cold=one_line(named, limit=_COLD_BYTES)
    )
    return IsCompleteResult(IsComplete=True, Data=data)


def on_change(
    event: Mapping[str, object],
    context: LambdaContext,
    *,
    clients: Clients | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> WarmUpAttributes:
    """Play rounds until every model is warm or refuses its request, or the time of the call ends.

    EventBridge delivers some events twice, which costs a round of quick answers. What is settled
    is not called again: calls that nobody needs would count for auto scaling, too.
    """
    warm_up = read_warm_up(event)
    settled: dict[str, Outcome] = {}
    while True:
        outcomes = _play(warm_up, context, clients or _clients(), without=settled)
        settled |= {outcome.model: outcome for outcome in outcomes if not outcome.passing}
        passing = [outcome for outcome in outcomes if outcome.passing]
        if not passing:
            break
        pause(_PAUSE_SECONDS)
        if not _time_left(context):
            break
    cold = [outcome for outcome in (*settled.values(), *passing) if outcome.failure is not None]
    _warn(cold)
    named = "; ".join(f"{outcome.model}: {outcome.failure}" for outcome in cold)
    return WarmUpAttributes(Warm=str(len(settled) + len(passing) - len(cold)), Cold=named)


def _play(
    warm_up: WarmUp, context: LambdaContext, clients: Clients, *, without: Collection[str] = ()
) -> tuple[Outcome, ...]:
    """One round; what keeps it from beginning is the outcome of all models together."""
    logging.getLogger("model_warm_up").setLevel(logging.INFO)
    try:
        models = read_hot_models(clients.s3, warm_up)
        instances = instances_of(clients.sagemaker, warm_up.endpoint)
    except (CallLaterError, WarmUpError) as error:
        return (Outcome(model="all models", failure=str(error), passing=True),)
    outcomes = play_round(
        clients.runtime,
        warm_up.endpoint,
        [model for model in models if model.name not in without],
        instances=instances,
        time_left=lambda: _time_left(context),
    )
    warm = sum(outcome.failure is None for outcome in outcomes)
    _log.info("%d of %d models warm on %d instances", warm, len(outcomes), instances)
    return outcomes


def _warn(cold: Sequence[Outcome]) -> None:
    for outcome in cold:
        _log.warning("%s may be cold: %s", outcome.model, outcome.failure)


def _time_left(context: LambdaContext) -> bool:
    return context.get_remaining_time_in_millis() > _MARGIN_MILLIS


def _is_over(event: Mapping[str, object], now: Callable[[], datetime]) -> bool:
    until = event.get("WarmUntil")
    return isinstance(until, str) and now() >= datetime.fromisoformat(until)


@lru_cache(maxsize=1)
def _clients() -> Clients:
    # the stubs of the services other than S3 are not installed
    return Clients(
        s3=boto3.client("s3", config=_CONFIG),  # pyright: ignore[reportUnknownMemberType]
        sagemaker=cast(
            SageMakerClient,
            boto3.client("sagemaker", config=_CONFIG),  # pyright: ignore[reportUnknownMemberType]
        ),
        runtime=cast(
            RuntimeClient,
            boto3.client("sagemaker-runtime", config=_CONFIG),  # pyright: ignore[reportUnknownMemberType]
        ),
    )
