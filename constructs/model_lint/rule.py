"""What a rule is, what a finding is, and the book that holds every rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error will not serve, or not as written; a warning serves and costs something."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One check. ``id`` is stable: tools and people may rely on it."""

    id: str
    severity: Severity
    title: str
    why: str
    source: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One place that breaks a rule.

    ``path`` is below the archive until ``model`` is set, then on disk. Line and column start at 1.
    """

    rule: Rule
    path: str
    message: str
    line: int | None = None
    column: int | None = None
    model: str | None = None

    @property
    def place(self) -> str:
        """``path``, with ``:line:column`` where they are known."""
        return self.path if self.line is None else f"{self.path}:{self.line}:{self.column}"

    def __str__(self) -> str:
        """One line for a log: place, severity, rule, message and fix."""
        rule = self.rule
        return f"{self.place}: {rule.severity} {rule.id}: {self.message} ({rule.fix})"

    @property
    def is_error(self) -> bool:
        """Whether the model must not be published."""
        return self.rule.severity is Severity.ERROR


_BOOK: dict[str, Rule] = {}


def error(rule_id: str, title: str, *, why: str, source: str, fix: str) -> Rule:
    """Define a rule whose findings refuse the model."""
    return _define(rule_id, Severity.ERROR, title, why, source, fix)


def warning(rule_id: str, title: str, *, why: str, source: str, fix: str) -> Rule:
    """Define a rule whose findings let the model pass."""
    return _define(rule_id, Severity.WARNING, title, why, source, fix)


def rule_book() -> tuple[Rule, ...]:
    """Every rule, by id."""
    return tuple(_BOOK[rule_id] for rule_id in sorted(_BOOK))


def _define(rule_id: str, severity: Severity, title: str, why: str, source: str, fix: str) -> Rule:
    if rule_id in _BOOK:
        raise ValueError(f"rule id {rule_id} is defined twice")
    rule = Rule(id=rule_id, severity=severity, title=title, why=why, source=source, fix=fix)
    _BOOK[rule_id] = rule
    return rule
