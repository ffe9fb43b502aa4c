"""The stock CDK CLI against the front server: signing, chunked uploads, template addresses."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from inferctl.environment import NODE_MODULES, embedded_environment
from inferctl.localaws.app import LocalAws

pytestmark = pytest.mark.server


def cdk(aws: LocalAws, directory: Path, *words: str) -> str:
    done = subprocess.run(
        [str(NODE_MODULES / ".bin" / "cdk"), *words],
        cwd=directory,
        env=embedded_environment(aws.url, "eu-west-1"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_bootstrap_then_deploy_and_a_second_deploy_changes_nothing(
    local_aws: LocalAws, tmp_path: Path
) -> None:
    assembly = tmp_path / "cdk.out"
    assembly.mkdir()
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}
    template = {"Resources": {"Parameter": parameter}}
    (assembly / "tiny.template.json").write_text(json.dumps(template))
    manifest = {
        "version": "36.0.0",
        "artifacts": {
            "tiny": {
                "type": "aws:cloudformation:stack",
                "environment": "aws://123456789012/eu-west-1",
                "properties": {"templateFile": "tiny.template.json"},
            }
        },
    }
    (assembly / "manifest.json").write_text(json.dumps(manifest))

    cdk(local_aws, tmp_path, "bootstrap", "aws://123456789012/eu-west-1")
    cdk(local_aws, tmp_path, "--app", str(assembly), "deploy", "--require-approval", "never")
    again = cdk(local_aws, tmp_path, "--app", str(assembly), "deploy")

    stacks = local_aws.client("cloudformation", "eu-west-1").describe_stacks()["Stacks"]
    assert {stack["StackName"]: stack["StackStatus"] for stack in stacks} == {
        "CDKToolkit": "CREATE_COMPLETE",
        "tiny": "CREATE_COMPLETE",
    }
    assert "no changes" in again
