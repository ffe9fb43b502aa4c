"""The findings as lines of text, as JSON and as a Markdown checklist."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from itertools import groupby

from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.runner import Report

_INDENT = " " * 11


def as_text(report: Report) -> Iterator[str]:
    """One line for what passed; three or four for what a person has to look at."""
    for check, findings in groupby(report.findings, key=lambda finding: finding.check):
        yield check
        for finding in findings:
            yield from _lines(finding)
    yield summary(report)


def _lines(finding: Finding) -> Iterator[str]:
    yield f"  {finding.outcome.value:<8} {finding.place}: {' '.join(finding.value.split())}"
    if finding.outcome is Outcome.PASSED:
        return
    yield f"{_INDENT}{finding.rule}"
    if finding.fix:
        yield f"{_INDENT}fix: {finding.fix}"
    if finding.command is not None:
        yield f"{_INDENT}see: {finding.command}"


def as_json(report: Report) -> str:
    """Every field of every finding."""
    document = {
        "platform": report.platform,
        "region": report.region,
        "account": report.account,
        "ready": report.ready,
        "counts": {outcome.value: report.count(outcome) for outcome in Outcome},
        "findings": [dataclasses.asdict(finding) for finding in report.findings],
    }
    return json.dumps(document, indent=2)


def as_markdown(report: Report) -> Iterator[str]:
    """A checklist: what passed is ticked."""
    yield f"### Preflight of {report.platform} in {report.region}"
    yield ""
    yield summary(report)
    for check, findings in groupby(report.findings, key=lambda finding: finding.check):
        yield ""
        yield f"**{check}**"
        yield ""
        for finding in findings:
            yield from _items(finding)


def _items(finding: Finding) -> Iterator[str]:
    if finding.outcome is Outcome.PASSED:
        yield f"- [x] {_code(finding.place)}: {_plain(finding.value)}"
        return
    said = f"{_plain(finding.value)}; {_plain(finding.rule)}"
    yield f"- [ ] **{finding.outcome.value}** {_code(finding.place)}: {said}"
    if finding.fix:
        yield f"  - fix: {_plain(finding.fix)}"
    if finding.command is not None:
        yield f"  - see: {_code(finding.command)}"


def _code(text: str) -> str:
    quoted = " ".join(text.split()).replace("`", "'")
    return f"`{quoted}`"


def _plain(text: str) -> str:
    """What AWS said, which may hold anything, as nothing but text."""
    flat = " ".join(text.split())
    for special in "\\`*_[]#~":
        flat = flat.replace(special, f"\\{special}")
    # no HTML, and nobody is called by an @
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace("@", "@<!-- -->")


def summary(report: Report) -> str:
    """One line: what became of it, and who was asked."""
    verdict = "ready" if report.ready else "not ready"
    if report.ready and report.account is None:
        verdict = "nothing known against it, but nobody was asked"
    counts = ", ".join(
        f"{report.count(outcome)} {outcome.value}" for outcome in Outcome if report.count(outcome)
    )
    asked = "" if report.account is None else f", account {report.account}"
    return f"{report.platform} in {report.region}{asked}: {verdict} ({counts})"
