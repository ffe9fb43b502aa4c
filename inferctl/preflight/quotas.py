"""Service quotas hold what the platform takes at full scale, beside what else runs there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from accelerator_catalog.quotas import QUOTAS
from inferctl.preflight.account import Asks
from inferctl.preflight.capacity import QuotaUse, quota_uses
from inferctl.preflight.deployed import deployed_templates
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.question import Answer, Question, Unanswered
from inferctl.preflight.subject import Subject

NAME = "quotas"
_NO_APPLIED_VALUE = "NoSuchResourceException"
# Usage metrics are written every few minutes; the highest of the last hours counts.
_USAGE = timedelta(hours=3)


def check(subject: Subject, account: Asks) -> tuple[Finding, ...]:
    """One finding for each quota that the templates use."""
    uses = quota_uses(subject.templates)
    questions = [_question(subject, each) for each in uses]
    answers = _with_defaults(subject, uses, account.ask(questions), account)
    others = _of_others(subject, uses, _usages(subject, answers, account), account)
    return tuple(
        _finding(use, question, answer, taken)
        for use, question, answer, taken in zip(uses, questions, answers, others, strict=True)
    )


def _question(subject: Subject, use: QuotaUse) -> Question:
    if use.quota_code is None:
        return subject.question("service-quotas", "ListServiceQuotas", ServiceCode=use.service)
    return subject.question(
        "service-quotas",
        "GetServiceQuota",
        ServiceCode=use.service,
        QuotaCode=use.quota_code,
    )


def _with_defaults(
    subject: Subject, uses: Sequence[QuotaUse], answers: Sequence[Answer], account: Asks
) -> list[Answer]:
    """Each quota itself; a quota that nobody ever changed in this account has its default."""
    found: list[Answer] = []
    for use, answer in zip(uses, answers, strict=True):
        if not isinstance(answer, Unanswered):
            found.append(_named(answer, use))
        elif answer.code == _NO_APPLIED_VALUE and use.quota_code is not None:
            question = subject.question(
                "service-quotas",
                "GetAWSDefaultServiceQuota",
                ServiceCode=use.service,
                QuotaCode=use.quota_code,
            )
            (default,) = account.ask([question])
            found.append(default if isinstance(default, Unanswered) else _named(default, use))
        else:
            found.append(answer)
    return found


def _named(answer: dict[str, Any], use: QuotaUse) -> Answer:
    listed = answer.get("Quotas", [answer.get("Quota", {})])
    for quota in listed:
        if quota.get("QuotaName") == use.quota_name or quota.get("QuotaCode") == use.quota_code:
            return dict(quota)
    return Unanswered(
        outcome=Outcome.UNKNOWN, reason=f"{use.service} lists no quota of this name here"
    )


def _usages(subject: Subject, quotas: Sequence[Answer], account: Asks) -> list[float | None]:
    """What runs there now by AWS's own usage metrics, None where a quota has none."""
    questions: dict[int, Question] = {}
    for position, quota in enumerate(quotas):
        metric = {} if isinstance(quota, Unanswered) else quota.get("UsageMetric", {})
        if metric.get("MetricName"):
            questions[position] = _usage_question(subject, metric)
    answers = dict(zip(questions, account.ask([*questions.values()]), strict=True))
    return [_highest(answers.get(position)) for position in range(len(quotas))]


def _usage_question(subject: Subject, metric: dict[str, Any]) -> Question:
    return subject.question(
        "cloudwatch",
        "GetMetricStatistics",
        Namespace=metric["MetricNamespace"],
        MetricName=metric["MetricName"],
        Dimensions=[
            {"Name": name, "Value": value}
            for name, value in metric.get("MetricDimensions", {}).items()
        ],
        StartTime=subject.now - _USAGE,
        EndTime=subject.now,
        Period=300,
        Statistics=[metric.get("MetricStatisticRecommendation", "Maximum")],
    )


def _highest(answer: Answer | None) -> float | None:
    if answer is None or isinstance(answer, Unanswered):
        return None
    points = [
        value
        for point in answer.get("Datapoints", [])
        for name, value in point.items()
        if name in ("Maximum", "Sum", "Average")
    ]
    return max(points, default=None)


def _of_others(
    subject: Subject, uses: Sequence[QuotaUse], usages: Sequence[float | None], account: Asks
) -> list[float]:
    """What is surely not this platform's: usage above all that its deployed stacks may have."""
    try:
        deployed = deployed_templates(subject, account)
    except ValueError:
        deployed = None
    if deployed is None:
        return [0.0] * len(uses)
    own = {(each.service, each.quota_name): each.maximum for each in quota_uses(deployed)}
    return [
        max(0.0, (usage or 0.0) - own.get((use.service, use.quota_name), 0.0))
        for use, usage in zip(uses, usages, strict=True)
    ]


def _finding(use: QuotaUse, question: Question, answer: Answer, others: float) -> Finding:
    place = f"{use.service}: {use.quota_name}"
    if use.quota_code is not None:
        place = f"{place} ({use.quota_code})"
    needed = use.maximum if use.during_update is None else max(use.maximum, use.during_update)
    if isinstance(answer, Unanswered):
        return Finding(
            check=NAME,
            outcome=answer.outcome,
            place=place,
            value=answer.reason,
            rule=_rule(use),
            fix=f"look it up and raise it to {needed:g} where it is lower{_default(use)}",
            command=question.command,
        )
    value = float(answer["Value"])
    outcome = Outcome.PASSED
    if value < use.maximum + others:
        outcome = Outcome.FAILED
    elif value < needed + others:
        outcome = Outcome.TO_DO
    seen = f"{value:g} {use.unit}"
    if others:
        seen += f", of which others use {others:g}"
    return Finding(
        check=NAME,
        outcome=outcome,
        place=place,
        value=seen,
        rule=_rule(use),
        fix=""
        if outcome is Outcome.PASSED
        else _raise(use, answer, question.region, needed + others),
        command=question.command,
    )


def _rule(use: QuotaUse) -> str:
    text = f"must be {use.maximum:g} for {', '.join(use.resources[:3])}"
    if len(use.resources) > 3:
        text += f" and {len(use.resources) - 3} more"
    if use.minimum != use.maximum:
        text += f" at full scale ({use.minimum:g} at rest)"
    if use.during_update is not None and use.during_update > use.maximum:
        text += f", and {use.during_update:g} to update it then, as both fleets run for a while"
    return text


def _default(use: QuotaUse) -> str:
    row = QUOTAS.get((use.service, use.quota_name))
    return "" if row is None or row.default is None else f" (a new account has {row.default:g})"


def _raise(use: QuotaUse, quota: dict[str, Any], region: str, wanted: float) -> str:
    code = use.quota_code or quota.get("QuotaCode", "CODE")
    if quota.get("Adjustable") is False:
        return f"this quota is fixed: take less than {wanted:g}, or use another region"
    return (
        "aws service-quotas request-service-quota-increase"
        f" --service-code {use.service} --quota-code {code} --desired-value {wanted:g}"
        f" --region {region} (takes hours to days)"
    )
