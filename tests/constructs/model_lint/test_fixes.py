"""Commands that a fix tells one to run are commands of ``inferctl``."""

from __future__ import annotations

import re

import pytest

from inferctl.cli import main
from model_lint import rule_book

_COMMAND = re.compile(r"`inferctl ([a-z ]+[a-z])")
COMMANDS = sorted({verbs for rule in rule_book() for verbs in _COMMAND.findall(rule.fix)})


def test_some_fix_is_a_command() -> None:
    assert "invoke" in COMMANDS


@pytest.mark.parametrize("verbs", COMMANDS)
def test_command_of_a_fix_exists(verbs: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*verbs.split(), "--help"])

    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: inferctl {verbs}")
