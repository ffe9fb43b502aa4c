"""Nothing that the platform uses ends within 90 days."""

from __future__ import annotations

from datetime import timedelta

from inferctl.preflight.account import Asks
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.parts_in_use import PartInUse, parts_in_use
from inferctl.preflight.subject import Subject

NAME = "end of life"
HORIZON = timedelta(days=90)


def check(subject: Subject, account: Asks) -> tuple[Finding, ...]:
    """One finding for each part with an end of its life; asks no account."""
    del account
    return tuple(_finding(subject, part) for part in parts_in_use(subject))


def _finding(subject: Subject, part: PartInUse) -> Finding:
    outcome = _outcome(subject, part)
    fix = "" if outcome is Outcome.PASSED else f"use {part.replacement}"
    if outcome is Outcome.FAILED and part.id is not None and part.blocked is None:
        fix += f", or add {part.id} to acknowledge_end_of_life in {subject.platform.path}"
    return Finding(
        check=NAME,
        outcome=outcome,
        place=part.place,
        value=f"{part.what}: {_when(subject, part)}",
        rule=f"must not end within {HORIZON.days} days",
        fix=fix,
    )


def _outcome(subject: Subject, part: PartInUse) -> Outcome:
    if part.blocked is not None and part.blocked <= subject.today:
        return Outcome.FAILED
    if part.ends is None:
        return Outcome.TO_DO
    if part.ends > subject.today + HORIZON:
        return Outcome.PASSED
    # a runtime still works after its end, until it is blocked
    known = part.id in subject.acknowledged or (part.blocked is not None)
    return Outcome.TO_DO if known else Outcome.FAILED


def _when(subject: Subject, part: PartInUse) -> str:
    if part.ends is None:
        return "legacy, no date published"
    days = (part.ends - subject.today).days
    text = f"{part.ends.isoformat()}, {abs(days)} days {'from now' if days > 0 else 'ago'}"
    if part.blocked is not None:
        text += f", refused from {part.blocked.isoformat()}"
    if part.id in subject.acknowledged:
        text += ", acknowledged"
    return text
