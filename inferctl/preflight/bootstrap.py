"""The account is bootstrapped for the CDK, recently enough."""

from __future__ import annotations

from collections.abc import Iterator

from inferctl.preflight.account import Asks
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.question import Answer, Question, Unanswered
from inferctl.preflight.subject import Subject
from inferctl.preflight.templates import number, strings

NAME = "bootstrap"
_PARAMETER = "BootstrapVersion"
_NOT_THERE = "ParameterNotFound"


def check(subject: Subject, account: Asks) -> tuple[Finding, ...]:
    """One finding for each parameter that the templates read the version from."""
    needed: dict[str, int] = {}
    for template in subject.templates.values():
        parameter = template.get("Parameters", {}).get(_PARAMETER, {}).get("Default")
        if parameter is not None:
            needed[parameter] = max(needed.get(parameter, 0), _needed_version(template))
    questions = [subject.question("ssm", "GetParameter", Name=name) for name in needed]
    answers = account.ask(questions)
    return tuple(
        _finding(subject, question, answer, version)
        for question, answer, version in zip(questions, answers, needed.values(), strict=True)
    )


def _needed_version(template: dict[str, object]) -> int:
    """One more than the highest that the template's rule ``CheckBootstrapVersion`` refuses."""
    rules = template.get("Rules", {})
    refused = [*_numbers(rules.get("CheckBootstrapVersion", {}) if isinstance(rules, dict) else {})]
    return max(refused, default=0) + 1


def _numbers(rule: object) -> Iterator[int]:
    yield from (int(text) for text in strings(rule) if text.isdigit())


def _finding(subject: Subject, question: Question, answer: Answer, needed: int) -> Finding:
    region = subject.platform.region
    outcome, value = Outcome.PASSED, ""
    if isinstance(answer, Unanswered) and answer.code != _NOT_THERE:
        outcome, value = answer.outcome, answer.reason
    elif isinstance(answer, Unanswered):
        outcome, value = Outcome.FAILED, "not bootstrapped"
    else:
        value = f"version {answer['Parameter']['Value']}"
        if number(answer["Parameter"]["Value"], default=0) < needed:
            outcome = Outcome.FAILED
    account = subject.account or subject.platform.account or "ACCOUNT"
    return Finding(
        check=NAME,
        outcome=outcome,
        place=f"{region}: {question.arguments['Name']}",
        value=value,
        rule=f"must be {needed} or higher",
        fix="" if outcome is Outcome.PASSED else f"cdk bootstrap aws://{account}/{region}",
        command=question.command,
    )
