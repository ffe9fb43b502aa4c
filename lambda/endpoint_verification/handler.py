"""``Custom::EndpointVerification``: what the Provider framework calls."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
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
from endpoint_verification.contract import VerificationAttributes
from endpoint_verification.errors import VerificationError
from endpoint_verification.progress import ProgressFile
from endpoint_verification.properties import EndpointToVerify, read_endpoint, request_key
from endpoint_verification.report import attributes
from endpoint_verification.round import Pace
from endpoint_verification.sagemaker_target import RuntimeClient, SageMakerTarget
from endpoint_verification.stack_status import StacksClient, is_rolling_back
from endpoint_verification.verify import Verifier
from model_artifacts import ArtifactsError, LostRaceError, StorageError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG: Final = Config(
    retries={"mode": "standard", "max_attempts": 5},
    connect_timeout=10,
    read_timeout=60,
    max_pool_connections=64,
)
_CONNECT_SECONDS: Final = 10
# the platform ends a call after 60 s
# docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
_READ_SECONDS: Final = 65
LONGEST_CALL_SECONDS: Final = _CONNECT_SECONDS + _READ_SECONDS
# Its failures are told apart here, and asked again when it is the model's turn.
_RUNTIME_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=_CONNECT_SECONDS,
    read_timeout=_READ_SECONDS,
    max_pool_connections=64,
)

_log = logging.getLogger(__name__)


class OnEventResult(TypedDict):
    """What the framework wants of `on_event`; it hands all of it to `is_complete`."""

    PhysicalResourceId: str
    Skip: NotRequired[str]
    """Why nothing is verified."""


class IsCompleteResult(TypedDict):
    """What the framework wants of `is_complete`; it refuses data before completion."""

    IsComplete: bool
    Data: NotRequired[VerificationAttributes]


def on_event(
    event: Mapping[str, object],
    context: LambdaContext,
    *,
    s3: S3Client | None = None,
    stacks: StacksClient | None = None,
    now: Callable[[], float] = time.time,
) -> OnEventResult:
    """Check the request and make it the newest of its endpoint; a deletion is nobody's business."""
    with one_line_failures(context):
        request = parse_event(event)
        if request.request_type is RequestType.DELETE:
            # the framework refuses another id on Delete, even where Create failed to give one
            return OnEventResult(
                PhysicalResourceId=request.physical_resource_id or "none", Skip="deleted"
            )
        client = s3 if s3 is not None else s3_client()
        if is_rolling_back(stacks if stacks is not None else stacks_client(), request):
            # what was cancelled may still ask, and must not judge what serves by now; but nothing
            # may keep the stack from going back
            with suppress(ResourceError, ArtifactsError):
                _register(client, request, now(), asks=False)
            return OnEventResult(
                PhysicalResourceId=request.physical_resource_id or "none", Skip="rolling back"
            )
        endpoint = _register(client, request, now(), asks=True)
        return OnEventResult(PhysicalResourceId=f"{endpoint.endpoint}/verification")


def is_complete(
    event: Mapping[str, object],
    context: LambdaContext,
    *,
    s3: S3Client | None = None,
    runtime: RuntimeClient | None = None,
    pace: Pace | None = None,
    now: Callable[[], float] = time.time,
) -> IsCompleteResult:
    """Ask the models for some minutes; the framework asks again until all have answered."""
    with one_line_failures(context):
        request = parse_event(event)
        if request.request_type is RequestType.DELETE or event.get("Skip"):
            data = attributes(verified=0, asked=0)
            return IsCompleteResult(IsComplete=True, Data=data)
        found = _verify(request, context, s3, runtime, pace or Pace(), now)
        if found is None:
            return IsCompleteResult(IsComplete=False)
        return IsCompleteResult(IsComplete=True, Data=found)


def _verify(
    request: ResourceEvent,
    context: LambdaContext,
    s3: S3Client | None,
    runtime: RuntimeClient | None,
    pace: Pace,
    now: Callable[[], float],
) -> VerificationAttributes | None:
    endpoint = read_endpoint(request.properties)
    target = SageMakerTarget(
        runtime if runtime is not None else _runtime_client(), endpoint.endpoint, now=pace.clock
    )
    verifier = Verifier(
        s3=s3 if s3 is not None else s3_client(),
        endpoint=endpoint,
        request=request_key(request),
        ask=target.ask,
        pace=pace,
        now=now,
        seconds_left=context.get_remaining_time_in_millis() / 1000,
    )
    try:
        return verifier.verify()
    except (LostRaceError, StorageError) as error:
        if isinstance(error, StorageError) and not error.transient:
            raise
        _log.warning("asked again later: %s", error)
        return None


@contextmanager
def one_line_failures(context: LambdaContext) -> Generator[None]:
    """Make our own errors one line that fits in CloudFormation's response and names the log."""
    logging.getLogger("endpoint_verification").setLevel(logging.INFO)
    try:
        yield
    except (ResourceError, ArtifactsError) as error:
        place = f" (log: {log_location(context)})"
        limit = MESSAGE_BYTES - len(place.encode("utf-8"))
        raise VerificationError(one_line(str(error), limit=limit) + place) from error


def _register(s3: S3Client, request: ResourceEvent, now: float, *, asks: bool) -> EndpointToVerify:
    endpoint = read_endpoint(request.properties)
    file = ProgressFile(
        s3, bucket=endpoint.bucket, prefix=endpoint.prefix, endpoint=endpoint.endpoint
    )
    file.register(
        request_key(request),
        until=now + 60 * endpoint.timeout_minutes,
        basis=f"{endpoint.serving} {endpoint.goldens.digest}" if asks else None,
    )
    return endpoint


@lru_cache(maxsize=1)
def s3_client() -> S3Client:
    """The client of the function's own region."""
    # the stubs of the services that we do not use are not installed
    return boto3.client("s3", config=_CONFIG)  # pyright: ignore[reportUnknownMemberType]


@lru_cache(maxsize=1)
def stacks_client() -> StacksClient:
    """The client of the function's own region."""
    return cast(
        StacksClient,
        boto3.client("cloudformation", config=_CONFIG),  # pyright: ignore[reportUnknownMemberType]
    )


@lru_cache(maxsize=1)
def _runtime_client() -> RuntimeClient:
    return cast(
        RuntimeClient,
        boto3.client("sagemaker-runtime", config=_RUNTIME_CONFIG),  # pyright: ignore[reportUnknownMemberType]
    )
