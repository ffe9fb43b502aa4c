"""The three forms in which findings leave the program."""

from __future__ import annotations

import json

import pytest

from model_lint import Finding, rule_book
from model_lint.output import as_github, as_json, as_text

RULES = {rule.id: rule for rule in rule_book()}
FINDINGS = [
    Finding(
        rule=RULES["ENS006"],
        path="models/a/repository/e,1/config.pbtxt",
        message="100% wrong:\r\nnew line, comma",
        line=12,
        column=3,
        model="a",
    ),
    Finding(rule=RULES["LAY014"], path="models/b/repository/x", message="stray", model="b"),
]


def test_github_escapes_messages_and_properties_as_the_runner_decodes_them() -> None:
    assert list(as_github(FINDINGS)) == [
        "::error file=models/a/repository/e%2C1/config.pbtxt,"
        "title=ENS006 data types differ along an edge,line=12,col=3"
        "::100%25 wrong:%0D%0Anew line, comma",
        "::warning file=models/b/repository/x,title=LAY014 stray file::stray",
    ]


def test_a_finding_as_text_is_one_line_with_its_fix() -> None:
    assert str(FINDINGS[1]) == (
        "models/b/repository/x: warning LAY014: stray"
        " (delete the file, and keep it out of the folder)"
    )


def test_text_groups_by_model_and_ends_with_a_summary() -> None:
    assert list(as_text(FINDINGS[1:], 2)) == [
        "b",
        "  models/b/repository/x",
        "    warning LAY014: stray",
        "    fix: delete the file, and keep it out of the folder",
        "",
        "2 models: 0 errors, 1 warning",
    ]


def test_json_has_stable_keys() -> None:
    body = json.loads(as_json(FINDINGS, 2))

    assert {key: body[key] for key in ("version", "models", "errors", "warnings")} == {
        "version": 1,
        "models": 2,
        "errors": 1,
        "warnings": 1,
    }
    for row in body["findings"]:
        assert " ".join(row) == "rule severity title model file line column message why source fix"
    assert body["findings"][0]["line"] == 12


@pytest.mark.parametrize("models", [0, 1])
def test_nothing_found_is_one_line(models: int) -> None:
    plural = "1 model" if models == 1 else "0 models"

    assert list(as_text([], models)) == [f"{plural}: 0 errors, 0 warnings"]
