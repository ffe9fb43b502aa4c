"""Asks an AWS account, many questions at once, and never raises for what it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from inferctl.deployment import aws_client
from inferctl.preflight.finding import Outcome
from inferctl.preflight.question import Answer, Question, Unanswered

# A person waits: three tries of each read, and half a minute at the very worst.
CONFIG = Config(
    connect_timeout=3, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 3}
)
_AT_ONCE = 8
# The credentials are good, and one action is not theirs.
REFUSED_HERE = frozenset(
    ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess")
)
_THROTTLED = frozenset(
    ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded")
)
_EXPIRED = frozenset(
    (
        *("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "AuthFailure"),
        *("UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch"),
        *("TokenRefreshRequired", "IncompleteSignature", "InvalidAccessKeyId", "OptInRequired"),
    )
)
_WRONG_CLOCK = frozenset(("RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired"))
_NO_NETWORK = (ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError, ConnectionError)


class Asks(Protocol):
    """Whoever answers questions: an account, or what stands for one that cannot be asked."""

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer each, in order."""
        ...


class Account:
    """The account of the credentials there are; equal questions are asked once."""

    def __init__(self, client: Callable[[str, str], Any]) -> None:
        """``client`` makes a boto3 client of a service in a region."""
        self._make = client
        self._clients: dict[tuple[str, str], Any] = {}
        self._answers: dict[str, Future[Answer]] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="preflight")

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer each, in order; those that AWS does not answer say why."""
        with self._lock:
            for question in questions:
                if question.key not in self._answers:
                    self._answers[question.key] = self._pool.submit(self._answer, question)
            futures = [self._answers[question.key] for question in questions]
        return [future.result() for future in futures]

    def _answer(self, question: Question) -> Answer:
        try:
            client = self._client(question)
            if client.can_paginate(question.method):
                pages = client.get_paginator(question.method).paginate(**question.arguments)
                return dict(pages.build_full_result())
            return dict(getattr(client, question.method)(**question.arguments))
        except ClientError as error:
            return _refused(question, error)
        except (BotoCoreError, HTTPClientError, OSError) as error:
            return Unanswered(outcome=Outcome.UNKNOWN, reason=_said(error))

    def _client(self, question: Question) -> Any:
        # boto3's session is not thread-safe while a client is being made
        with self._lock:
            key = (question.service, question.region)
            if key not in self._clients:
                self._clients[key] = self._make(*key)
            return self._clients[key]


class NobodyToAsk:
    """Stands for an account that cannot be asked, and says so each time."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        self._answer = Unanswered(outcome=outcome, reason=reason)

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """The same for every question."""
        return [self._answer for _ in questions]


def account_at(url: str | None) -> Asks:
    """The embedded AWS at ``url``, or AWS if there are credentials, or nobody."""
    if url is None:
        try:
            credentials = boto3.session.Session().get_credentials()
        except (BotoCoreError, OSError) as error:
            return NobodyToAsk(Outcome.TO_DO, f"no usable AWS credentials: {_said(error)}")
        if credentials is None:
            return NobodyToAsk(Outcome.TO_DO, "no AWS credentials")
    return Account(
        lambda service, region: aws_client(service, region=region, url=url, config=CONFIG)
    )


def _refused(question: Question, error: ClientError) -> Unanswered:
    code = str(error.response.get("Error", {}).get("Code", ""))
    said = " ".join(str(error.response.get("Error", {}).get("Message", "")).split())
    if code in REFUSED_HERE:
        reason = f"no permission for {question.action}"
    elif code in _THROTTLED:
        reason = f"{question.action} was throttled three times"
    elif code in _WRONG_CLOCK or "Signature not yet current" in said or "Signature expired" in said:
        reason = f"this machine's clock is not AWS's ({code})"
    elif code in _EXPIRED:
        # a region that is not enabled, or of another partition, does not know them
        reason = f"the credentials are not accepted in {question.region} ({code})"
    else:
        reason = f"{code}: {said}" if said else code
    return Unanswered(outcome=Outcome.UNKNOWN, reason=reason, code=code)


def _said(error: Exception) -> str:
    if isinstance(error, _NO_NETWORK):
        return "AWS cannot be reached from here"
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "no AWS credentials"
    return " ".join(str(error).split()) or type(error).__name__
