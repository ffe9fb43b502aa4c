"""An account of canned answers, each checked by botocore against the API it stands for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore import xform_name
from botocore.stub import Stubber

from inferctl.preflight.account import Account


@dataclass(frozen=True)
class Refusal:
    """An error that AWS answers with."""

    code: str
    message: str = "said no"


Canned = Mapping[str, Any] | Refusal
Answers = Mapping[str, Canned | Callable[[Mapping[str, Any]], Canned]]
"""By operation: the answer, or what makes one of the arguments."""


@cache
def _session() -> Any:
    return boto3.session.Session(aws_access_key_id="t", aws_secret_access_key="t")


@cache
def _stub(service: str, region: str) -> tuple[Any, Stubber, threading.Lock]:
    """Made once, because botocore takes a second to read what a service can do."""
    client = _session().client(service, region_name=region)
    stubber = Stubber(client)
    stubber.activate()
    return client, stubber, threading.Lock()


class StubbedClient:
    """One service; a question without a canned answer is refused as forbidden."""

    def __init__(self, service: str, region: str, answers: Answers, asked: list[str]) -> None:
        self._client, self._stubber, self._one_at_a_time = _stub(service, region)
        self._service = service
        self._answers = answers
        self._asked = asked

    def can_paginate(self, method: str) -> bool:
        """Never: each canned answer is whole."""
        del method
        return False

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            with self._one_at_a_time:
                self._asked.append(f"{self._service}:{method}")
                answer = self._answer(method, arguments)
                if isinstance(answer, Refusal):
                    self._stubber.add_client_error(method, answer.code, answer.message)
                else:
                    self._stubber.add_response(method, dict(answer), arguments)
                return getattr(self._client, method)(**arguments)

        return call

    def _answer(self, method: str, arguments: Mapping[str, Any]) -> Canned:
        for operation, answer in self._answers.items():
            if xform_name(operation) == method:
                return answer(arguments) if callable(answer) else answer
        return Refusal("AccessDenied")


def stubbed_account(answers: Answers, asked: list[str] | None = None) -> Account:
    """``asked`` grows by ``service:method`` with each call."""
    calls = [] if asked is None else asked
    return Account(lambda service, region: StubbedClient(service, region, answers, calls))
