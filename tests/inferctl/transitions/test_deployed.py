"""Templates that are deployed, as JSON and as the YAML that the CDK's CLI sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.transitions.deployed import assembly_templates, deployed_templates

pytestmark = pytest.mark.server

TEMPLATE = {"Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {}}}}
BROKEN = {
    "Resources": {
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": "vpc-00000000", "CidrBlock": "10.0.0.0/24"},
        }
    }
}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        yield aws


def create(aws: LocalAws, name: str, body: str) -> None:
    client = aws.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=body)
    client.describe_stacks(StackName=name)


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
def test_a_template_is_read_whatever_it_was_sent_as(aws: LocalAws, write: Any) -> None:
    name = write.__module__.replace(".", "-")
    create(aws, name, write(TEMPLATE))

    found = deployed_templates([name], cloudformation=aws.client("cloudformation"))

    assert found == {name: TEMPLATE}


def test_stacks_that_are_not_there_and_failed_ones_count_as_nothing(aws: LocalAws) -> None:
    create(aws, "broken", json.dumps(BROKEN))

    found = deployed_templates(["broken", "never"], cloudformation=aws.client("cloudformation"))

    assert found == {}


def test_what_cannot_be_asked_is_an_error_and_not_an_absence() -> None:
    class Denied:
        def describe_stacks(self, **_: str) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Describe")

    with pytest.raises(ClientError, match="AccessDenied"):
        deployed_templates(["any"], cloudformation=Denied())


def test_an_assembly_has_the_templates_of_its_stacks_by_their_names(tmp_path: Path) -> None:
    stack = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "Id.template.json", "stackName": "named"},
    }
    artifacts = {"Id": stack, "Id.assets": {"type": "cdk:asset-manifest"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (tmp_path / "Id.template.json").write_text(json.dumps(TEMPLATE))

    assert assembly_templates(tmp_path) == {"named": TEMPLATE}
