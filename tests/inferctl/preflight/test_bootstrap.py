from __future__ import annotations

from dataclasses import replace

import pytest

from inferctl.preflight.account import NobodyToAsk
from inferctl.preflight.bootstrap import check
from inferctl.preflight.finding import Outcome
from inferctl.preflight.subject import Subject
from tests.support.stubbed_account import Canned, Refusal, stubbed_account


def version(number: str) -> Canned:
    return {"Parameter": {"Name": "n", "Value": number}}


@pytest.mark.parametrize(
    ("answer", "outcome", "value"),
    [
        (version("27"), Outcome.PASSED, "version 27"),
        (version("6"), Outcome.PASSED, "version 6"),
        (version("5"), Outcome.FAILED, "version 5"),
        (Refusal("ParameterNotFound"), Outcome.FAILED, "not bootstrapped"),
        (Refusal("AccessDeniedException"), Outcome.UNKNOWN, "no permission for ssm:GetParameter"),
    ],
)
def test_the_bootstrap_must_be_as_new_as_the_templates_want(
    prod: Subject, answer: Canned, outcome: Outcome, value: str
) -> None:
    (found,) = check(prod, stubbed_account({"GetParameter": answer}))

    assert (found.outcome, found.value) == (outcome, value)
    assert found.place == "us-east-1: /cdk-bootstrap/hnb659fds/version"
    assert found.rule == "must be 6 or higher"


def test_the_fix_names_the_account_where_it_is_known(prod: Subject) -> None:
    account = stubbed_account({"GetParameter": Refusal("ParameterNotFound")})
    (found,) = check(replace(prod, account="111122223333"), account)
    assert found.fix == "cdk bootstrap aws://111122223333/us-east-1"

    (found,) = check(prod, NobodyToAsk(Outcome.TO_DO, "offline"))
    assert (found.outcome, found.fix) == (
        Outcome.TO_DO,
        "cdk bootstrap aws://ACCOUNT/us-east-1",
    )
