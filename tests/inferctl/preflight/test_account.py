from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSOTokenLoadError,
)
from botocore.stub import Stubber

from inferctl.preflight.account import Account, NobodyToAsk, account_at
from inferctl.preflight.finding import Outcome
from inferctl.preflight.question import Question, Unanswered
from tests.support.stubbed_account import Refusal, stubbed_account

IDENTITY = Question(service="sts", operation="GetCallerIdentity", region="us-east-1")
STACKS = Question(service="cloudformation", operation="DescribeStacks", region="us-east-1")


def test_an_answer_is_what_aws_said() -> None:
    account = stubbed_account({"GetCallerIdentity": {"Account": "111122223333"}})

    (answer,) = account.ask([IDENTITY])
    assert isinstance(answer, dict) and answer["Account"] == "111122223333"


def test_answers_come_in_the_order_of_the_questions_and_equal_ones_are_asked_once() -> None:
    asked: list[str] = []
    account = stubbed_account({"GetCallerIdentity": {"Account": "1"}}, asked)

    first, refused, again = account.ask([IDENTITY, STACKS, IDENTITY])
    account.ask([IDENTITY])

    assert first is again and isinstance(first, dict)
    assert isinstance(refused, Unanswered)
    assert sorted(asked) == ["cloudformation:describe_stacks", "sts:get_caller_identity"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDeniedException", "no permission for sts:GetCallerIdentity"),
        ("UnauthorizedOperation", "no permission for sts:GetCallerIdentity"),
        ("ThrottlingException", "sts:GetCallerIdentity was throttled three times"),
        ("ExpiredToken", "the credentials are not accepted in us-east-1 (ExpiredToken)"),
        ("OptInRequired", "the credentials are not accepted in us-east-1 (OptInRequired)"),
        ("RequestExpired", "this machine's clock is not AWS's (RequestExpired)"),
        ("Strange", "Strange: said no"),
    ],
)
def test_a_refusal_is_unknown_with_its_reason(code: str, reason: str) -> None:
    (answer,) = stubbed_account({"GetCallerIdentity": Refusal(code)}).ask([IDENTITY])

    assert answer == Unanswered(outcome=Outcome.UNKNOWN, reason=reason, code=code)


def test_a_signature_of_another_time_is_the_clock_and_no_wrong_password() -> None:
    said = "Signature expired: 20261120T120000Z is now earlier than 20261121T115500Z"
    refusal = Refusal("InvalidSignatureException", said)

    (answer,) = stubbed_account({"GetCallerIdentity": refusal}).ask([IDENTITY])

    assert isinstance(answer, Unanswered)
    assert answer.reason == "this machine's clock is not AWS's (InvalidSignatureException)"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), "AWS cannot be reached from here"),
        (ReadTimeoutError(endpoint_url="https://x"), "AWS cannot be reached from here"),
        (NoCredentialsError(), "no AWS credentials"),
        (SSOTokenLoadError(error_msg="sign\nin"), "Error loading SSO Token: sign in"),
        (OSError("no such\nfile"), "no such file"),
    ],
)
def test_whatever_keeps_a_question_from_aws_is_unknown(error: Exception, reason: str) -> None:
    def unreachable(*_: str) -> Any:
        raise error

    (answer,) = Account(unreachable).ask([IDENTITY])
    assert answer == Unanswered(outcome=Outcome.UNKNOWN, reason=reason)


def test_every_page_of_an_answer_is_read() -> None:
    session: Any = boto3.session.Session(aws_access_key_id="t", aws_secret_access_key="t")
    client = session.client("cloudformation", region_name="us-east-1")
    stack = {"CreationTime": 0, "StackStatus": "CREATE_COMPLETE"}
    with Stubber(client) as stub:
        stub.add_response(
            "describe_stacks", {"Stacks": [{"StackName": "a", **stack}], "NextToken": "n"}, {}
        )
        stub.add_response(
            "describe_stacks", {"Stacks": [{"StackName": "b", **stack}]}, {"NextToken": "n"}
        )
        (answer,) = Account(lambda *_: client).ask([STACKS])

    assert isinstance(answer, dict)
    assert [each["StackName"] for each in answer["Stacks"]] == ["a", "b"]


def test_who_cannot_be_asked_says_so_each_time() -> None:
    answers = NobodyToAsk(Outcome.TO_DO, "offline").ask([IDENTITY, STACKS])

    assert answers == [Unanswered(outcome=Outcome.TO_DO, reason="offline")] * 2


def test_without_credentials_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boto3.session.Session.get_credentials", lambda _: None)

    account = account_at(None)
    assert isinstance(account, NobodyToAsk)
    assert account.ask([IDENTITY]) == [
        Unanswered(outcome=Outcome.TO_DO, reason="no AWS credentials")
    ]


def test_credentials_that_cannot_be_read_leave_nobody_to_ask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: object) -> None:
        raise SSOTokenLoadError(error_msg="expired")

    monkeypatch.setattr("boto3.session.Session.get_credentials", broken)

    (answer,) = account_at(None).ask([IDENTITY])
    assert isinstance(answer, Unanswered)
    assert answer.reason == "no usable AWS credentials: Error loading SSO Token: expired"


def test_credentials_make_an_account_that_gives_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boto3.session.Session.get_credentials", lambda _: object())
    given: list[Any] = []

    def client(_: str, **settings: Any) -> Any:
        given.append(settings["config"])
        return _Broken()

    monkeypatch.setattr("inferctl.preflight.account.aws_client", client)

    (answer,) = account_at(None).ask([IDENTITY])
    assert isinstance(answer, Unanswered)
    assert given[0].connect_timeout == 3 and given[0].read_timeout == 8
    assert given[0].retries == {"mode": "standard", "total_max_attempts": 3}


class _Broken:
    def can_paginate(self, method: str) -> bool:
        raise EndpointConnectionError(endpoint_url=method)
