"""Findings as text, as JSON, and as GitHub workflow commands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from model_lint.rule import Finding, Severity

JSON_VERSION = 1


def count(findings: Iterable[Finding], severity: Severity) -> int:
    """How many findings have this severity."""
    return sum(finding.rule.severity is severity for finding in findings)


def summary(findings: Sequence[Finding], models: int) -> str:
    """``3 models: 1 error, 2 warnings``."""
    errors, warnings = count(findings, Severity.ERROR), count(findings, Severity.WARNING)
    return f"{_many(models, 'model')}: {_many(errors, 'error')}, {_many(warnings, 'warning')}"


def as_text(findings: Sequence[Finding], models: int) -> Iterator[str]:
    """Lines grouped by model, the summary last."""
    for model in dict.fromkeys(finding.model for finding in findings):
        yield str(model)
        for finding in findings:
            if finding.model == model:
                yield f"  {finding.place}"
                yield f"    {finding.rule.severity} {finding.rule.id}: {finding.message}"
                yield f"    fix: {finding.rule.fix}"
        yield ""
    yield summary(findings, models)


def as_json(findings: Sequence[Finding], models: int) -> str:
    """One object; keys and their meaning stay as they are while ``version`` does."""
    rows = [
        {
            "rule": finding.rule.id,
            "severity": str(finding.rule.severity),
            "title": finding.rule.title,
            "model": finding.model,
            "file": finding.path,
            "line": finding.line,
            "column": finding.column,
            "message": finding.message,
            "why": finding.rule.why,
            "source": finding.rule.source,
            "fix": finding.rule.fix,
        }
        for finding in findings
    ]
    body = {
        "version": JSON_VERSION,
        "models": models,
        "errors": count(findings, Severity.ERROR),
        "warnings": count(findings, Severity.WARNING),
        "findings": rows,
    }
    return json.dumps(body, indent=2)


def as_github(findings: Sequence[Finding]) -> Iterator[str]:
    """Workflow commands, which GitHub shows beside the lines of a pull request.

    Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    for finding in findings:
        properties = {"file": finding.path, "title": f"{finding.rule.id} {finding.rule.title}"}
        if finding.line is not None:
            properties |= {"line": str(finding.line), "col": str(finding.column)}
        shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        yield f"::{finding.rule.severity} {shown}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
