from __future__ import annotations

import pytest

from inferctl.preflight.account import Asks, NobodyToAsk
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.question import Unanswered
from inferctl.preflight.runner import CHECKS, run_checks
from inferctl.preflight.subject import Subject
from tests.support.stubbed_account import Canned, Refusal, stubbed_account

IDENTITY = {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/me"}


def test_every_check_has_its_part_of_the_checklist(dev: Subject) -> None:
    report = run_checks(dev, NobodyToAsk(Outcome.TO_DO, "no AWS credentials"))

    assert [*dict.fromkeys(finding.check for finding in report.findings)] == [*CHECKS]
    assert report.ready and report.account is None
    assert report.count(Outcome.FAILED) == report.count(Outcome.UNKNOWN) == 0


def test_an_account_that_allows_nothing_is_unknown_everywhere(prod: Subject) -> None:
    asked: list[str] = []
    report = run_checks(prod, stubbed_account({"GetCallerIdentity": IDENTITY}, asked))

    assert report.account == "111122223333"
    assert report.ready
    assert report.count(Outcome.UNKNOWN) > 10
    assert all(
        finding.command is not None and finding.fix and "no permission for" in finding.value
        for finding in report.findings
        if finding.outcome is Outcome.UNKNOWN
    )
    assert asked.count("sts:get_caller_identity") == 1


def test_one_time_out_is_enough_to_ask_no_more(prod: Subject) -> None:
    asked: list[str] = []
    account = stubbed_account({"GetCallerIdentity": Refusal("ExpiredToken")}, asked)

    report = run_checks(prod, account)

    assert asked == ["sts:get_caller_identity"]
    reasons = {f.value for f in report.findings if f.outcome is Outcome.UNKNOWN}
    assert reasons == {"the credentials are not accepted in us-east-1 (ExpiredToken)"}


def test_an_identity_that_is_kept_secret_does_not_end_the_checks(prod: Subject) -> None:
    asked: list[str] = []

    report = run_checks(prod, stubbed_account({}, asked))

    assert report.account is None
    assert "ssm:get_parameter" in asked


@pytest.mark.parametrize("error", [KeyError, RecursionError, StopIteration, ZeroDivisionError])
def test_a_check_that_does_not_get_through_is_a_finding(
    prod: Subject, error: type[Exception]
) -> None:
    def broken(subject: Subject, account: Asks) -> tuple[Finding, ...]:
        raise error(f"{subject.platform.name} {type(account).__name__}")

    nobody = NobodyToAsk(Outcome.TO_DO, "offline")
    report = run_checks(prod, nobody, checks={"broken": broken})

    (found,) = report.findings
    assert (found.check, found.outcome) == ("broken", Outcome.UNKNOWN)
    assert found.value.replace("'", "") == f"{error.__name__}: prod NobodyToAsk"


def test_a_stack_that_is_not_of_the_cdk_costs_only_the_comparison_with_it(prod: Subject) -> None:
    checks = {name: CHECKS[name] for name in ("transitions", "quotas")}
    answers: dict[str, Canned] = {
        "GetCallerIdentity": IDENTITY,
        "GetTemplate": {"TemplateBody": "Resources:\n  Topic: {Type: !Sub 'AWS::SNS::Topic'}\n"},
        "GetServiceQuota": {"Quota": {"QuotaName": "any", "Value": 1000.0}},
    }

    first, *rest = run_checks(prod, stubbed_account(answers), checks=checks).findings

    assert (first.check, first.outcome) == ("transitions", Outcome.UNKNOWN)
    assert "is not JSON, as the CDK writes it" in first.value
    assert len(rest) > 3 and {finding.check for finding in rest} == {"quotas"}


def test_checks_run_at_the_same_time(prod: Subject) -> None:
    import threading

    meeting = threading.Barrier(2, timeout=10)

    def met(subject: Subject, account: Asks) -> tuple[Finding, ...]:
        (answer,) = account.ask([subject.question("sts", "GetCallerIdentity")])
        assert isinstance(answer, Unanswered)
        meeting.wait()
        return ()

    nobody = NobodyToAsk(Outcome.TO_DO, "offline")
    assert run_checks(prod, nobody, checks={"one": met, "two": met}).findings == ()


def test_another_account_than_the_platforms_own_fails(fleet: Subject) -> None:
    from dataclasses import replace

    subject = replace(fleet, platform=replace(fleet.platform, account="999988887777"))
    checks = {"account": CHECKS["account"]}

    (found,) = run_checks(
        subject, stubbed_account({"GetCallerIdentity": IDENTITY}), checks=checks
    ).findings
    assert found.outcome is Outcome.FAILED
    assert found.value == "111122223333 (arn:aws:iam::111122223333:user/me)"
    assert found.rule == "must be 999988887777, which the platform file names"

    (found,) = run_checks(
        fleet, stubbed_account({"GetCallerIdentity": IDENTITY}), checks=checks
    ).findings
    assert found.outcome is Outcome.PASSED
