"""The endpoint as a warm-up sees it: how many instances, and one call with its kind of failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from model_warm_up.errors import CallLaterError, CallRefusedError

_JSON: Final = "application/json"
_THROTTLED: Final = frozenset({"ThrottlingException", "Throttling", "RequestLimitExceeded"})
_LONGEST_MESSAGE: Final = 200


class SageMakerClient(Protocol):
    """The one call of boto3's SageMaker client that is made."""

    def describe_endpoint(self, *, EndpointName: str) -> Mapping[str, Any]: ...


class RuntimeClient(Protocol):
    """The one call of boto3's SageMaker runtime client that is made."""

    def invoke_endpoint(
        self, *, EndpointName: str, TargetModel: str, ContentType: str, Accept: str, Body: bytes
    ) -> Mapping[str, Any]: ...


def instances_of(client: SageMakerClient, endpoint: str) -> int:
    """Instances that there are or will be, of both fleets during an update; raises
    `CallLaterError`."""
    try:
        answer = client.describe_endpoint(EndpointName=endpoint)
    except (ClientError, BotoCoreError) as error:
        raise CallLaterError(f"{type(error).__name__}: {error}") from error
    pending: Mapping[str, Any] = answer.get("PendingDeploymentSummary", {})
    return max(_count(answer) + _count(pending), 1)


def call(client: RuntimeClient, endpoint: str, target: str, body: bytes) -> None:
    """One call, whose answer nobody looks at; raises `CallLaterError` and `CallRefusedError`."""
    try:
        answer = client.invoke_endpoint(
            EndpointName=endpoint, TargetModel=target, ContentType=_JSON, Accept=_JSON, Body=body
        )
        answer["Body"].read()
    except ClientError as error:
        text = _text(error)
        raise (CallLaterError(text) if _passes(error) else CallRefusedError(text)) from error
    except BotoCoreError as error:
        # a time-out too: a load may take longer than a call may, and goes on meanwhile
        raise CallLaterError(f"{type(error).__name__}: {error}") from error


def _count(described: Mapping[str, Any]) -> int:
    variants = described.get("ProductionVariants", [])
    return sum(
        max(variant.get("CurrentInstanceCount", 0), variant.get("DesiredInstanceCount", 0))
        for variant in variants
    )


def _passes(error: ClientError) -> bool:
    """Whether a later call may be answered.

    A container's 507 is a full instance that unloads others; 0 is no answer within 60 s.
    docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
    """
    answer: Mapping[str, Any] = error.response
    code = answer.get("Error", {}).get("Code", "")
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "ModelError":
        said = answer.get("OriginalStatusCode", 0)
        return said in (0, 429) or said >= 500
    return code in _THROTTLED or status == 429 or status >= 500


def _text(error: ClientError) -> str:
    detail: Mapping[str, Any] = error.response.get("Error", {})
    return f"{detail.get('Code')}: {str(detail.get('Message', ''))[:_LONGEST_MESSAGE]}"
