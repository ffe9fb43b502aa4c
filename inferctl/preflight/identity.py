"""Which account answers, and whether it is the one of the platform file."""

from __future__ import annotations

from inferctl.preflight.account import Asks
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.question import Unanswered
from inferctl.preflight.subject import Subject

NAME = "account"


def check(subject: Subject, account: Asks) -> tuple[Finding, ...]:
    """One finding."""
    platform = subject.platform
    question = subject.question("sts", "GetCallerIdentity")
    (answer,) = account.ask([question])
    wanted = platform.account
    rule = (
        "any account may answer, as the platform file names none"
        if wanted is None
        else f"must be {wanted}, which the platform file names"
    )
    outcome, value, fix = Outcome.PASSED, "", ""
    if isinstance(answer, Unanswered):
        outcome, value = answer.outcome, answer.reason
        fix = "sign in (aws sso login, or AWS_PROFILE) where AWS can be reached, and run this again"
    else:
        value = f"{answer['Account']} ({answer['Arn']})"
        if wanted not in (None, answer["Account"]):
            outcome = Outcome.FAILED
            fix = f"sign in to account {wanted}, or change the account in {platform.path}"
    return (
        Finding(
            check=NAME,
            outcome=outcome,
            place=platform.name,
            value=value,
            rule=rule,
            fix=fix,
            command=question.command,
        ),
    )
