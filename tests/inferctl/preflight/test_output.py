from __future__ import annotations

import json
from dataclasses import replace

from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.output import as_json, as_markdown, as_text
from inferctl.preflight.runner import Report

PASSED = Finding(
    check="quotas", outcome=Outcome.PASSED, place="ec2: Addresses", value="5", rule="must be 2"
)
FAILED = Finding(
    check="quotas",
    outcome=Outcome.FAILED,
    place="ec2: Inf",
    value="0 vCPUs",
    rule="must be 48",
    fix="raise it",
    command="aws x",
)
TO_DO = Finding(
    check="images", outcome=Outcome.TO_DO, place="a:1", value="in ECR Public", rule="must be there"
)


def report(*findings: Finding, account: str | None = "1") -> Report:
    return Report(platform="prod", region="us-east-1", account=account, findings=findings)


def test_text_says_more_of_what_has_to_be_looked_at() -> None:
    assert [*as_text(report(PASSED, FAILED, TO_DO))] == [
        "quotas",
        "  passed   ec2: Addresses: 5",
        "  failed   ec2: Inf: 0 vCPUs",
        "           must be 48",
        "           fix: raise it",
        "           see: aws x",
        "images",
        "  to do    a:1: in ECR Public",
        "           must be there",
        "prod in us-east-1, account 1: not ready (1 passed, 1 failed, 1 to do)",
    ]


def test_markdown_is_a_checklist_with_what_passed_ticked() -> None:
    assert [*as_markdown(report(PASSED, FAILED))] == [
        "### Preflight of prod in us-east-1",
        "",
        "prod in us-east-1, account 1: not ready (1 passed, 1 failed)",
        "",
        "**quotas**",
        "",
        "- [x] `ec2: Addresses`: 5",
        "- [ ] **failed** `ec2: Inf`: 0 vCPUs; must be 48",
        "  - fix: raise it",
        "  - see: `aws x`",
    ]


def test_what_aws_said_is_nothing_but_text_in_a_comment() -> None:
    said = replace(FAILED, place="a`b", value="<b>*@ops*\n# big", fix="see [x](y)", command=None)

    *_, item, fix = as_markdown(report(said))

    assert item == "- [ ] **failed** `a'b`: &lt;b>\\*@<!-- -->ops\\* \\# big; must be 48"
    assert fix == "  - fix: see \\[x\\](y)"


def test_a_value_of_several_lines_stays_on_its_line() -> None:
    _, line, *_ = as_text(report(replace(PASSED, value="one\n  two")))

    assert line == "  passed   ec2: Addresses: one two"


def test_json_has_every_field() -> None:
    document = json.loads(as_json(report(PASSED, TO_DO)))

    assert document["ready"] is True
    assert document["counts"] == {"passed": 1, "failed": 0, "unknown": 0, "to do": 1}
    assert document["findings"][1] == {
        "check": "images",
        "outcome": "to do",
        "place": "a:1",
        "value": "in ECR Public",
        "rule": "must be there",
        "fix": "",
        "command": None,
    }


def test_ready_is_not_said_where_nobody_was_asked() -> None:
    assert [*as_text(report(TO_DO, account=None))][-1] == (
        "prod in us-east-1: nothing known against it, but nobody was asked (1 to do)"
    )
    assert [*as_text(report(PASSED))][-1] == "prod in us-east-1, account 1: ready (1 passed)"
