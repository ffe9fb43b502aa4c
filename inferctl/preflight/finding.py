"""What a check found: one line of the checklist."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Only ``FAILED`` says that something would fail; ``TO_DO`` is left to a person."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    TO_DO = "to do"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``value`` is what was seen at ``place`` and ``rule`` what must hold there.

    ``fix`` says what to do where it does not hold, empty where it does. ``command`` shows the same
    thing by hand, None where nothing was to be asked.
    """

    check: str
    outcome: Outcome
    place: str
    value: str
    rule: str
    fix: str = ""
    command: str | None = None
