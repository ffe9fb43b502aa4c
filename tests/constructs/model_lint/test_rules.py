"""Each rule on an archive that breaks it and on one that nearly does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_lint import Repository, lint_repository, rule_book

CASES: list[dict[str, Any]] = [
    case
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text())
]
# Rules that look across archives; test_fleet.py has their failing and passing fleets.
ACROSS_ARCHIVES = {"IMG005"}
Make = Callable[[list[Any]], Repository]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_rule_reports_rule_place_and_message(case: dict[str, Any], repository: Make) -> None:
    found = lint_repository(repository(case["fails"]))

    own = [f"{f.place}: {f.message}" for f in found if f.rule.id == case["rule"]]
    others = {f.rule.id for f in found} - {case["rule"]}
    assert own == case["finds"]
    assert others == set(case.get("also", ()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_rule_accepts_what_is_nearly_wrong(case: dict[str, Any], repository: Make) -> None:
    found = lint_repository(repository(case["passes"]))

    assert [f.message for f in found if f.rule.id == case["rule"]] == []


def test_good_archive_has_no_findings(repository: Make) -> None:
    assert lint_repository(repository([])) == ()


def test_every_rule_has_a_failing_and_a_passing_case() -> None:
    rules = [case["rule"] for case in CASES]

    assert sorted([*rules, *ACROSS_ARCHIVES]) == [rule.id for rule in rule_book()]
    assert all(case["fails"] and case["passes"] and case["finds"] for case in CASES)


def test_every_rule_says_why_where_from_and_what_to_do() -> None:
    for rule in rule_book():
        assert rule.source.startswith("https://"), rule.id
        assert rule.why.endswith((".", ")")) and len(rule.why) > 30, rule.id
        assert rule.fix and not rule.fix.endswith("."), rule.id
