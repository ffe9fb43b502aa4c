"""Runs every rule over one repository."""

from __future__ import annotations

from model_lint.archive import Archive, open_archive
from model_lint.repository import Repository
from model_lint.rule import Finding
from model_lint.rules import (
    body_size,
    config,
    ensemble,
    execution,
    golden,
    graph,
    image,
    layout,
    names,
    order,
    python_backend,
    tensors,
)

_CHECKS = (
    layout.check,
    names.check,
    config.check,
    tensors.check,
    execution.check,
    ensemble.check,
    graph.check,
    order.check,
    image.check,
    python_backend.check,
    golden.check,
    body_size.check,
)


def lint_repository(repository: Repository) -> tuple[Finding, ...]:
    """Every finding, by place then rule; never raises for bad content."""
    archive: Archive = open_archive(repository)
    found = {finding for check in _CHECKS for finding in check(archive)}
    return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    line, column = finding.line or 0, finding.column or 0
    return finding.path, line, column, finding.rule.id, finding.message
