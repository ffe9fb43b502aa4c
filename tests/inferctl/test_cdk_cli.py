"""Reading the CDK CLI's output; the lines are as 2.1148.1 prints them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inferctl import cdk_cli
from inferctl.cdk_cli import CdkFailedError, CdkRun, cdk

DEPLOY = """
laptop-network:  start: Publishing laptop-network Template
laptop-network |  3/12 | 7:04:11 AM | CREATE_COMPLETE      | AWS::EC2::VPC | Network/Vpc
 ✅  laptop-network

✨  Deployment time: 6.21s

 ✅  laptop-models (no changes)

✨  Deployment time: 0.4s

✨  Total time: 9.1s
"""


def test_run_knows_each_stack_its_seconds_and_whether_it_changed() -> None:
    run = CdkRun()

    said = [text for line in DEPLOY.splitlines() if (text := run.read(line))]

    assert said == ["laptop-network 3/12", "laptop-network done", "laptop-models done"]
    assert run.stacks["laptop-network"].seconds == 6.21
    assert run.stacks["laptop-network"].changed
    assert not run.stacks["laptop-models"].changed


def test_failing_cli_raises_with_what_it_said_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / ".bin" / "cdk"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nprint('no such stack')\nraise SystemExit(7)\n")
    program.chmod(0o755)
    monkeypatch.setattr(cdk_cli, "NODE_MODULES", tmp_path)
    monkeypatch.setattr(cdk_cli, "LOG", tmp_path / "cdk.log")

    with pytest.raises(CdkFailedError, match=r"cdk destroy exited with 7\n  no such stack"):
        cdk(["destroy"], url="http://localhost:1", region="us-east-1", on_progress=print)

    assert "$ cdk destroy" in (tmp_path / "cdk.log").read_text()
