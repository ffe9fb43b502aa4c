"""The pages about alarms say what is deployed, and their commands are commands."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from inferctl.cli import COMMANDS
from inferctl.commands.dashboard import dashboard
from inferctl.dashboard_picture.dashboard import read_alarms

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
PICTURE = ROOT / "docs" / "monitoring.svg"
_DRAW = "make synth PLATFORM=prod; tools/run inferctl dashboard prod --output docs/monitoring.svg"
_GLOBAL = {"query", "max-items", "output", "region"}
# of the AWS CLI itself: no operations of an API
_CUSTOM = {"logs tail": {"since", "filter-pattern"}, "s3 ls": {"recursive"}}


def test_every_alarm_says_why_and_links_a_runbook_that_is_there(any_platform: Any) -> None:
    if any_platform.platform.monitoring is None:
        return
    runbooks = any_platform.platform.monitoring.runbooks
    for alarm in read_alarms(any_platform.templates["monitoring"]):
        reason, _, link = alarm.description.partition(" Runbook: ")
        assert len(reason.split()) >= 8, alarm.name
        assert link.startswith(runbooks)
        assert (RUNBOOKS / link.removeprefix(runbooks)).is_file(), link


def test_every_runbook_is_linked_by_an_alarm_of_some_platform(
    laptop: Any, dev: Any, fleet: Any, monitored_compiling: Any
) -> None:
    linked = {
        alarm.description.rpartition("/")[2]
        for synthesized in (laptop, dev, fleet, monitored_compiling)
        for alarm in read_alarms(synthesized.templates["monitoring"])
    }

    assert linked == {path.name for path in RUNBOOKS.glob("*.md")}


def test_the_picture_in_the_docs_is_drawn_from_what_prod_synthesizes(prod: Any) -> None:
    drawn = dashboard(prod.templates["monitoring"], title="prod-monitoring, as synthesized")

    assert PICTURE.read_text() == drawn, f"run {_DRAW}"


def test_every_alarm_is_in_the_table_of_the_docs(fleet: Any, monitored_compiling: Any) -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text()
    for synthesized in (fleet, monitored_compiling):
        prefix = f"{synthesized.platform.name}-{synthesized.platform.region}-"
        cluster = synthesized.platform.cluster
        plans = () if cluster is None else (*cluster.pools, *cluster.services)
        names = "|".join(plan.name for plan in plans) or "none"
        for alarm in read_alarms(synthesized.templates["monitoring"]):
            name = re.sub(r"-\d+$", "", alarm.name.removeprefix(prefix))
            general = re.sub(rf"^(service|pool)-({names})-", r"\1-NAME-", name)
            assert f"`{general}`" in page, alarm.name


def _commands(page: Path) -> Iterator[list[str]]:
    """Of the indented lines, and of what is quoted within the text."""
    text = page.read_text()
    lines = re.findall(r"^ {4,}((?:aws|tools/run) (?:.*\\\n)*.*)$", text, re.MULTILINE)
    quoted = re.findall(r"(?<!`)`((?:aws|cdk|inferctl|tools/run)\s[^`]*)`", text)
    for command in (*lines, *quoted):
        yield shlex.split(command.replace("\\\n", " ").partition(" | ")[0])


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_commands_of_a_runbook_can_be_run_as_they_stand(page: Path) -> None:
    text = page.read_text()
    assert not re.findall(r"^(?:aws|tools/run) .*", text, re.MULTILINE), "not shown as commands"
    for program, *words in _commands(page):
        if program == "aws":
            _check_aws(*words)
            continue
        assert program == "tools/run", (program, *words)
        if words[0] == "inferctl":
            _parser().parse_args(words[1:])
        else:
            assert words[:4] == ["cdk", "deploy", "-c", "platform=PLATFORM"], words


def _check_aws(service: str, verb: str, *words: str) -> None:
    given = {word.removeprefix("--") for word in words if word.startswith("--")}
    known = _CUSTOM.get(f"{service} {verb}")
    if known is None:
        model = botocore.session.get_session().get_service_model(service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        assert verb in operations, (service, verb)
        shape = model.operation_model(operations[verb]).input_shape
        known = {xform_name(name, "-") for name in (shape.members if shape else ())} | _GLOBAL
    assert given <= known, (service, verb, given - known)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inferctl")
    verbs = parser.add_subparsers(required=True)
    for name in COMMANDS:
        importlib.import_module(f"inferctl.commands.{name}").add_parser(verbs)
    return parser
