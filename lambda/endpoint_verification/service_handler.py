"""``Custom::ServiceVerification``: what the Provider framework calls.

A cluster has a handful of services: their goldens are asked anew by each call, nothing is stored.
`on_event` runs outside the VPC, since CloudFormation may be out of reach from within.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NotRequired, TypedDict

from cfn_resource import LambdaContext, RequestType, parse_event
from endpoint_verification.contract import VerificationAttributes
from endpoint_verification.errors import VerificationError
from endpoint_verification.examine import Ask, Case
from endpoint_verification.golden_source import GoldenSource
from endpoint_verification.handler import one_line_failures, s3_client, stacks_client
from endpoint_verification.http_target import HttpTarget
from endpoint_verification.progress import Progress, Trouble
from endpoint_verification.properties import ServicesToVerify, read_services
from endpoint_verification.report import attributes, failure_message, time_message
from endpoint_verification.round import Pace, Round
from endpoint_verification.stack_status import StacksClient, is_rolling_back
from golden_answers import Golden
from model_artifacts import StorageError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_RESERVE_SECONDS: Final = 90.0
_KIND: Final = "service"
_PARALLEL: Final = 8


class ServiceEventResult(TypedDict):
    """What the framework wants of `on_event`; it hands all of it to `is_complete`."""

    PhysicalResourceId: str
    Until: NotRequired[str]
    """When `is_complete` gives up, in seconds of the epoch."""
    Skip: NotRequired[str]


class ServiceCompleteResult(TypedDict):
    """What the framework wants of `is_complete`."""

    IsComplete: bool
    Data: NotRequired[VerificationAttributes]


def on_event(
    event: Mapping[str, object],
    context: LambdaContext,
    *,
    stacks: StacksClient | None = None,
    now: Callable[[], float] = time.time,
) -> ServiceEventResult:
    """Check the request and set its time limit; a deletion is nobody's business."""
    with one_line_failures(context):
        request = parse_event(event)
        physical_id = request.physical_resource_id or f"{request.logical_resource_id}/verification"
        if request.request_type is RequestType.DELETE:
            return ServiceEventResult(PhysicalResourceId=physical_id, Skip="deleted")
        if is_rolling_back(stacks if stacks is not None else stacks_client(), request):
            return ServiceEventResult(PhysicalResourceId=physical_id, Skip="rolling back")
        services = read_services(request.properties)
        until = now() + 60 * services.timeout_minutes
        return ServiceEventResult(PhysicalResourceId=physical_id, Until=f"{until:.0f}")


def is_complete(
    event: Mapping[str, object],
    context: LambdaContext,
    *,
    s3: S3Client | None = None,
    ask: Ask | None = None,
    pace: Pace | None = None,
    now: Callable[[], float] = time.time,
) -> ServiceCompleteResult:
    """Ask every service; the framework asks again until all have answered."""
    with one_line_failures(context):
        request = parse_event(event)
        if request.request_type is RequestType.DELETE or event.get("Skip"):
            return ServiceCompleteResult(IsComplete=True, Data=attributes(verified=0, asked=0))
        services = read_services(request.properties)
        source = GoldenSource(s3 if s3 is not None else s3_client(), services.goldens)
        try:
            goldens = source.read()
        except StorageError as error:
            if not error.transient or now() >= float(str(event.get("Until", 0))):
                raise
            return ServiceCompleteResult(IsComplete=False)
        cases = [_case(golden, services) for golden in goldens]
        progress = _asked(
            cases,
            source,
            ask if ask is not None else HttpTarget().ask,
            pace or Pace(),
            left=context.get_remaining_time_in_millis() / 1000,
            now=now,
        )
        failed = {name: reason for name, (_, reason) in progress.failed.items()}
        if failed:
            raise VerificationError(failure_message(failed, asked=len(cases), kind=_KIND))
        if len(progress.passed) == len(cases):
            counts = attributes(verified=len(cases), asked=len(cases))
            return ServiceCompleteResult(IsComplete=True, Data=counts)
        if now() < float(str(event.get("Until", 0))):
            return ServiceCompleteResult(IsComplete=False)
        said = {
            case.name: progress.troubled[case.name].text if case.name in progress.troubled else ""
            for case in cases
            if case.name not in progress.passed
        }
        minutes = services.timeout_minutes
        raise VerificationError(time_message(said, asked=len(cases), minutes=minutes, kind=_KIND))


def _case(golden: Golden, services: ServicesToVerify) -> Case:
    place = services.services.get(golden["name"])
    if place is None:
        raise VerificationError(f"Services must hold {golden['name']!r}, which the goldens ask")
    target = f"{place['url'].rstrip('/')}{golden['path']}"
    return Case(golden=golden, target=target, artifact=place["revision"])


def _asked(
    cases: list[Case],
    source: GoldenSource,
    ask: Ask,
    pace: Pace,
    *,
    left: float,
    now: Callable[[], float],
) -> Progress:
    """What one round of questions gives."""
    learnt = Progress()

    def keep(news: Progress) -> None:
        learnt.passed.update(news.passed)
        learnt.failed.update(news.failed)
        learnt.troubled.update(news.troubled)

    ends = min(pace.round, left - min(_RESERVE_SECONDS, left / 2))
    troubled: Mapping[str, Trouble] = {}
    Round(
        source=source,
        ask=ask,
        parallel=_PARALLEL,
        pace=pace,
        until=pace.clock() + ends,
        save=keep,
        troubled=troubled,
        now=now,
    ).run(cases)
    return learnt
