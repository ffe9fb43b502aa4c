"""Cron expressions of schedules: what Application Auto Scaling takes, and what it refuses."""

from __future__ import annotations

import pytest

from stacks.platform.cron import cron_problem


@pytest.mark.parametrize(
    "text",
    [
        "0 8 ? * MON-FRI *",
        "0/15 * * * ? *",
        "5,35 0-6 1,15 JAN-MAR ? 2026-2030",
        "0 0 L * ? *",
        "0 0 LW * ? *",
        "0 0 15W * ? *",
        "0 0 ? * 6#3 *",
        "0 0 ? * 5L *",
        "0 0 ? jan sun 1970",
        "59 23 31 12 ? 2199",
    ],
)
def test_legal_expression_is_accepted(text: str) -> None:
    assert cron_problem(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has 0 fields; a schedule has six"),
        ("cron(0 8 ? * MON-FRI *)", "has 'cron(0' for minutes, which takes 0 to 59"),
        ("60 8 ? * * *", "has '60' for minutes, which takes 0 to 59"),
        ("0 8 32 * ? *", "has '32' for day of month, which takes 1 to 31"),
        ("0 8 ? 13 * *", "has '13' for month, which takes 1 to 12 or JAN to DEC"),
        ("0 8 ? * 8 *", "has '8' for day of week, which takes 1 to 7 or SUN to SAT"),
        ("0 8 ? * * 1969", "has '1969' for year, which takes 1970 to 2199"),
        ("0 9-8 ? * * *", "has '9-8' for hours"),
        ("0 1-2-3 ? * * *", "has '1-2-3' for hours"),
        ("0 */0 ? * * *", "has '*/0' for hours"),
        ("0 , ? * * *", "has ',' for hours"),
        ("0 8 1 * 2 *", "must have ? for exactly one of"),
        ("0 8 ? * ? *", "must have ? for exactly one of"),
        ("0 8 ? * MON#6 *", "has 'MON#6' for day of week"),
    ],
)
def test_illegal_expression_is_explained(text: str, problem: str) -> None:
    found = cron_problem(text)

    assert found is not None
    assert found.startswith(problem)
