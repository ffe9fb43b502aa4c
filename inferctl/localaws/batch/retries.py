"""Whether a failed attempt is followed by another.

Source: docs.aws.amazon.com/batch/latest/userguide/job_retries.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .jobs import Attempt


def retries(strategy: Mapping[str, Any], attempt: Attempt) -> bool:
    """By the first condition that matches; without one every failure is retried."""
    if attempt.number >= strategy["attempts"]:
        return False
    for condition in strategy["evaluateOnExit"]:
        if _matches(condition, attempt):
            return bool(condition["action"].upper() == "RETRY")
    return True


def _matches(condition: Mapping[str, str], attempt: Attempt) -> bool:
    code = "" if attempt.exit_code is None else str(attempt.exit_code)
    found = {
        "onStatusReason": attempt.status_reason or "",
        "onReason": attempt.reason or "",
        "onExitCode": code,
    }
    return all(
        _fits(pattern, found[name]) for name, pattern in condition.items() if name != "action"
    )


def _fits(pattern: str, text: str) -> bool:
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    return text == pattern
