from __future__ import annotations

import pytest

from inferctl.preflight.account import NobodyToAsk
from inferctl.preflight.finding import Outcome
from inferctl.preflight.stack_states import check
from inferctl.preflight.subject import Subject
from tests.support.stubbed_account import Canned, Refusal, stubbed_account


def state(status: str) -> Canned:
    return {"Stacks": [{"StackName": "s", "CreationTime": 0, "StackStatus": status}]}


@pytest.mark.parametrize(
    ("answer", "outcome", "value"),
    [
        (state("UPDATE_COMPLETE"), Outcome.PASSED, "UPDATE_COMPLETE"),
        (state("UPDATE_ROLLBACK_COMPLETE"), Outcome.PASSED, "UPDATE_ROLLBACK_COMPLETE"),
        (
            Refusal("ValidationError", "Stack with id prod-network does not exist"),
            Outcome.PASSED,
            "not there yet",
        ),
        (state("ROLLBACK_COMPLETE"), Outcome.TO_DO, "ROLLBACK_COMPLETE"),
        (state("UPDATE_IN_PROGRESS"), Outcome.FAILED, "UPDATE_IN_PROGRESS"),
        (state("UPDATE_ROLLBACK_FAILED"), Outcome.FAILED, "UPDATE_ROLLBACK_FAILED"),
        (
            Refusal("AccessDenied"),
            Outcome.UNKNOWN,
            "no permission for cloudformation:DescribeStacks",
        ),
    ],
)
def test_a_stack_must_be_new_or_updatable(
    prod: Subject, answer: Canned, outcome: Outcome, value: str
) -> None:
    findings = check(prod, stubbed_account({"DescribeStacks": answer}))

    assert [finding.place for finding in findings] == list(prod.templates)
    assert {(finding.outcome, finding.value) for finding in findings} == {(outcome, value)}
    assert all((finding.fix == "") is (outcome is Outcome.PASSED) for finding in findings)


def test_the_fix_names_the_stack(prod: Subject) -> None:
    account = stubbed_account({"DescribeStacks": state("UPDATE_ROLLBACK_FAILED")})

    for stack, finding in zip(prod.templates, check(prod, account), strict=True):
        assert finding.fix.endswith(f"--stack-name {stack}")


def test_without_an_account_every_stack_is_on_the_checklist(prod: Subject) -> None:
    findings = check(prod, NobodyToAsk(Outcome.TO_DO, "offline"))

    assert {finding.outcome for finding in findings} == {Outcome.TO_DO}
    assert len(findings) == len(prod.templates)
