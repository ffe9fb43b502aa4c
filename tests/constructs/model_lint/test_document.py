"""The page of rules is the rules."""

from __future__ import annotations

from model_lint import rule_book
from model_lint.document import DOCUMENT, document


def test_page_of_rules_is_up_to_date() -> None:
    assert DOCUMENT.read_text() == document(), "run: python -m model_lint.document"


def test_page_holds_every_rule_once() -> None:
    headings = [line.split()[1] for line in document().splitlines() if line.startswith("### ")]

    assert sorted(headings) == [rule.id for rule in rule_book()]
