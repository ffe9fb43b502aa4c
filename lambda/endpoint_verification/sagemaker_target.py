"""Asks a multi-model endpoint, and says of each failure whether it will pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from endpoint_verification.errors import AskError, BusyError, ColdError, RefusedError, StopError
from endpoint_verification.examine import Case, Reply

_JSON: Final = "application/json"
# docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html
_BUSY: Final = frozenset(
    {"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException"}
)
_NOT_ALLOWED: Final = frozenset(
    {"AccessDeniedException", "AccessDenied", "UnrecognizedClientException"}
)
# A policy that the same deployment made takes a while to be known everywhere:
# docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html, "Changes that I make"
_PERMISSION_SECONDS: Final = 60.0
_LONGEST_MESSAGE: Final = 300


class RuntimeClient(Protocol):
    """The one call of boto3's SageMaker runtime client that is made."""

    def invoke_endpoint(
        self, *, EndpointName: str, TargetModel: str, ContentType: str, Accept: str, Body: bytes
    ) -> Mapping[str, Any]: ...


class SageMakerTarget:
    """One endpoint; safe to ask from several threads."""

    def __init__(
        self, client: RuntimeClient, endpoint: str, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._now = now
        self._begun = now()

    def ask(self, case: Case, body: bytes) -> Reply:
        """The answer of ``case.target``; raises `AskError`."""
        started = self._now()
        try:
            answer = self._client.invoke_endpoint(
                EndpointName=self._endpoint,
                TargetModel=case.target,
                ContentType=_JSON,
                Accept=_JSON,
                Body=body,
            )
            payload: bytes = answer["Body"].read()
        except ClientError as error:
            raise self._typed(error) from error
        except BotoCoreError as error:
            # a time-out too: a load may take longer than the 60 s of a call, and goes on meanwhile
            raise ColdError(f"{type(error).__name__}: {error}") from error
        return Reply(payload, self._now() - started)

    def _typed(self, error: ClientError) -> AskError:
        # docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
        answer: Mapping[str, Any] = error.response
        detail = answer.get("Error", {})
        code = str(detail.get("Code", "Unknown"))
        message = " ".join(str(detail.get("Message", "")).split())
        status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        text = f"{code}: {message[:_LONGEST_MESSAGE]}"
        if code == "ModelError":
            return _of_container(answer, message)
        if code == "ValidationError" and self._endpoint in message and "not found" in message:
            return StopError(f"endpoint {self._endpoint} does not exist (any more)")
        if code in _NOT_ALLOWED:
            on_its_way = self._now() - self._begun < _PERMISSION_SECONDS
            return BusyError(text) if on_its_way else StopError(text)
        if code in _BUSY:
            return BusyError(text)
        if code == "ModelNotReadyException" or status == 429 or status >= 500:
            return ColdError(text)
        return RefusedError(text)


def _of_container(answer: Mapping[str, Any], message: str) -> AskError:
    status = int(answer.get("OriginalStatusCode", 0))
    said = " ".join(str(answer.get("OriginalMessage") or message).split())[:_LONGEST_MESSAGE]
    text = f"the container answered {status}: {said}"
    # 507 is no room: the platform unloads others and tries again. 0: no answer within 60 s
    if status in (0, 429) or status >= 500:
        return ColdError(text)
    return RefusedError(text)
