"""``docs/lint-rules.md``, written from the rules: ``python -m model_lint.document``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_lint import Rule, rule_book

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "lint-rules.md"
_FAMILIES = {
    "LAY": "Archive layout",
    "CFG": "config.pbtxt",
    "ENS": "Ensemble",
    "IMG": "Serving image",
    "ENG": "Engine and GPU",
    "PYB": "Python backend",
    "REQ": "Golden request and answer",
}
_INTRODUCTION = """\
# Will it serve? The rules of `inferctl lint`

`inferctl lint` reads a model folder as Triton would and says what will not serve. The same rules
run at every synth: an error stops it, a warning becomes an annotation. No rule can be switched off.

    inferctl lint models/minilm
    inferctl lint --platform platforms/laptop.yaml --format github --strict

Exit status: 0 nothing to say, 1 errors (with `--strict` warnings too), 2 input that is no model
folder. This page is generated: `python -m model_lint.document`.
"""


def document() -> str:
    """The whole page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    rules = rule_book()
    for prefix, title in _FAMILIES.items():
        yield f"## {title}\n"
        for rule in rules:
            if rule.id.startswith(prefix):
                yield from _entry(rule)


def _entry(rule: Rule) -> Iterator[str]:
    yield f"### {rule.id} {rule.title} ({rule.severity})\n"
    yield f"{rule.why}\n"
    yield f"Fix: {rule.fix}.\n"
    yield f"Source: <{rule.source}>\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
