"""Runs every check at once; whatever goes wrong is a finding, never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import MappingProxyType

from inferctl.preflight import (
    bootstrap,
    end_of_life,
    identity,
    images,
    quotas,
    stack_states,
    transitions,
    weights,
    zones,
)
from inferctl.preflight.account import REFUSED_HERE, Asks, NobodyToAsk
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.question import Unanswered
from inferctl.preflight.subject import Subject

Check = Callable[[Subject, Asks], tuple[Finding, ...]]
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        module.NAME: module.check
        for module in (
            *(identity, bootstrap, stack_states, transitions, quotas),
            *(zones, images, end_of_life, weights),
        )
    }
)


@dataclass(frozen=True, kw_only=True)
class Report:
    """``account`` is the number that answered, None where nobody did."""

    platform: str
    region: str
    account: str | None
    findings: tuple[Finding, ...]

    def count(self, outcome: Outcome) -> int:
        """How many findings came out so."""
        return sum(finding.outcome is outcome for finding in self.findings)

    @property
    def ready(self) -> bool:
        """Whether nothing is known that would fail."""
        return self.count(Outcome.FAILED) == 0


def run_checks(subject: Subject, account: Asks, *, checks: Mapping[str, Check] = CHECKS) -> Report:
    """Every finding, in the order of ``checks``."""
    subject, account = _introduced(subject, account)
    with ThreadPoolExecutor(len(checks), thread_name_prefix="check") as pool:
        running = [
            pool.submit(_run, name, check, subject, account) for name, check in checks.items()
        ]
        findings = tuple(finding for each in running for finding in each.result())
    return Report(
        platform=subject.platform.name,
        region=subject.platform.region,
        account=subject.account,
        findings=findings,
    )


def _introduced(subject: Subject, account: Asks) -> tuple[Subject, Asks]:
    """The subject with the account's number; one time-out is enough to know that all would."""
    (answer,) = account.ask([subject.question("sts", "GetCallerIdentity")])
    if not isinstance(answer, Unanswered):
        return replace(subject, account=answer["Account"]), account
    if answer.code in REFUSED_HERE:
        return subject, account
    return subject, NobodyToAsk(answer.outcome, answer.reason)


def _run(name: str, check: Check, subject: Subject, account: Asks) -> tuple[Finding, ...]:
    try:
        return check(subject, account)
    except Exception as error:
        # an answer or a template of an unexpected shape; the other checks are worth having
        return (
            Finding(
                check=name,
                outcome=Outcome.UNKNOWN,
                place=subject.platform.name,
                value=f"{type(error).__name__}: {error}",
                rule="must be checked by hand, because this check did not get through",
                fix="report this line as a fault of preflight",
            ),
        )
