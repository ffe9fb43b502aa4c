"""The verb from end to end, without credentials and with an account that answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from inferctl.commands import preflight
from inferctl.preflight.account import Asks
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.runner import Report
from inferctl.preflight.subject import Subject
from tests.support.verbs import run_verb

ROOT = Path(__file__).resolve().parents[3]
BARE = "platform: bare\nregion: eu-west-1\nnetwork: {nat_gateways: 1}\n"


@pytest.fixture
def bare(tmp_path: Path) -> str:
    path = tmp_path / "bare.yaml"
    path.write_text(BARE)
    return str(path)


def run(*arguments: str) -> int:
    return run_verb("preflight", *arguments)


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boto3.session.Session.get_credentials", lambda _: None)


def test_nothing_but_the_checklist_is_on_the_terminal() -> None:
    """In a process of its own: the CDK says what it says of deprecations once."""
    verb = (sys.executable, "-m", "inferctl.cli", "preflight", "--offline")

    done = subprocess.run(verb, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stderr == ""
    assert done.stdout.startswith("account\n  to do    prod: nobody was asked\n")


def test_where_synthesis_breaks_what_the_cdk_said_is_shown(
    bare: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object, **__: object) -> None:
        print("the CDK said why", file=sys.stderr)
        raise RuntimeError("broken")

    monkeypatch.setattr("stacks.application.build_app", breaks)

    with pytest.raises(RuntimeError, match="broken"):
        run("--platform", bare)
    assert capsys.readouterr().err == "the CDK said why\n"


@pytest.mark.usefixtures("no_credentials")
def test_without_credentials_it_prints_the_checklist_and_is_no_failure(
    bare: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--platform", bare) == 0

    lines = capsys.readouterr().out.splitlines()
    assert "  to do    vpc: VPCs per Region (L-F678F1CE): no AWS credentials" in lines
    assert lines[-1].startswith("bare in eu-west-1: nothing known against it, but nobody was asked")
    command = (
        "aws service-quotas get-service-quota --service-code ec2 --quota-code L-0263D0A3"
        " --region eu-west-1"
    )
    assert f"           see: {command}" in lines


def test_offline_asks_nobody_and_gives_json(bare: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--platform", bare, "--offline", "--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert (document["platform"], document["account"]) == ("bare", None)
    assert {finding["value"] for finding in document["findings"] if finding["command"]} == {
        "nobody was asked"
    }


def test_markdown_is_for_a_comment(bare: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--platform", bare, "--offline", "--markdown") == 0

    assert capsys.readouterr().out.startswith("### Preflight of bare in eu-west-1\n")


def test_the_policy_is_printed_and_nothing_is_asked(
    bare: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "run_checks", None)

    assert run("--platform", bare, "--policy") == 0
    assert json.loads(capsys.readouterr().out)["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("outcome", "arguments", "status"),
    [
        (Outcome.PASSED, (), 0),
        (Outcome.TO_DO, ("--strict",), 0),
        (Outcome.UNKNOWN, (), 0),
        (Outcome.UNKNOWN, ("--strict",), 1),
        (Outcome.FAILED, (), 1),
    ],
)
def test_only_what_would_fail_fails(
    bare: str,
    monkeypatch: pytest.MonkeyPatch,
    outcome: Outcome,
    arguments: tuple[str, ...],
    status: int,
) -> None:
    def one(subject: Subject, account: Asks) -> Report:
        del account
        finding = Finding(check="c", outcome=outcome, place="p", value="v", rule="r")
        return Report(
            platform=subject.platform.name,
            region="eu-west-1",
            account="1",
            findings=(finding,),
        )

    monkeypatch.setattr(preflight, "run_checks", one)

    assert run("--platform", bare, "--offline", *arguments) == status


def test_a_wrong_platform_file_is_told_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("platform: x\nregion: mars-1\n")

    assert run("--platform", str(path)) == 2
    assert run("--platform", str(tmp_path / "none.yaml")) == 2
    said = capsys.readouterr().err
    assert "region" in said and "Traceback" not in said


@pytest.mark.usefixtures("no_credentials")
def test_an_embedded_platform_is_held_against_the_embedded_aws_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "local.yaml"
    path.write_text("platform: local\nregion: us-east-1\ndeploy_to: embedded\n")
    monkeypatch.setattr(preflight, "running_url", lambda: None)

    assert run("--platform", str(path)) == 0
    assert "the embedded AWS is not running" in capsys.readouterr().out

    # nothing listens on the port of a server that has gone
    monkeypatch.setattr(preflight, "running_url", lambda: "http://127.0.0.1:9")
    assert run("--platform", str(path)) == 0
    assert "AWS cannot be reached from here" in capsys.readouterr().out
