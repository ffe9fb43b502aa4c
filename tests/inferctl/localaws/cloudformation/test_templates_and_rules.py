"""What is refused before anything is made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Stacks

_GROUP = {"Type": "AWS::Logs::LogGroup"}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            {"Resources": {"X": {"Type": "AWS::Nope::Thing"}}},
            "resource type AWS::Nope::Thing is not emulated by the embedded AWS (resource X)",
        ),
        (
            {"Resources": {"X": {**_GROUP, "Properties": {"Foo": 1, "Bar": 2}}}},
            "property AWS::Logs::LogGroup.Bar is not emulated by the embedded AWS (resource X);"
            " property AWS::Logs::LogGroup.Foo is not emulated",
        ),
        ({"Resources": {"X": {**_GROUP, "CreationPolicy": {}}}}, "[/Resources/X/CreationPolicy]"),
        (
            {"Parameters": {"P": {}}, "Resources": {"X": {**_GROUP, "Properties": []}}},
            "[/Parameters/P] needs a Type; [/Resources/X/Properties] must be an object",
        ),
        (
            {"Resources": {f"X{number}": _GROUP for number in range(501)}},
            "Number of resources, 501, is greater than maximum allowed, 500",
        ),
        (
            {"Description": "x" * 1024 * 1024, "Resources": {"X": _GROUP}},
            "Template may not exceed 1048576 bytes in size, and has 1048",
        ),
        ({"Resources": {}}, "At least one Resources member must be defined."),
        ({"Transform": "T", "Resources": {"X": _GROUP}}, "section 'Transform' is not emulated"),
        (
            {"Resources": {"X": {**_GROUP, "Properties": {"LogGroupName": {"Ref": "Y"}}}}},
            "Unresolved resource dependencies [Y]",
        ),
        (
            {
                "Resources": {
                    "X": {**_GROUP, "Properties": {"LogGroupName": {"Ref": "Y"}}},
                    "Y": {**_GROUP, "DependsOn": "X"},
                }
            },
            "Circular dependency between resources: ['X', 'Y']",
        ),
        (
            {"Parameters": {"P": {"Type": "String"}}, "Resources": {"X": _GROUP}},
            "Parameters: [P] must have values",
        ),
        (
            {
                "Parameters": {"P": {"Type": "String", "Default": "c", "AllowedValues": ["a"]}},
                "Resources": {"X": _GROUP},
            },
            "Parameter 'P' failed to satisfy constraint: value 'c' is not one of ['a']",
        ),
        (
            {
                "Rules": {"R": {"Assertions": [{"Assert": {"Fn::Equals": [1, 2]}}]}},
                "Resources": {"X": _GROUP},
            },
            "Template validation error: R: assertion failed",
        ),
    ],
)
def test_wrong_template_is_refused_and_leaves_no_stack(
    stacks: Stacks, template: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as refused:
        stacks.client.create_stack(StackName="wrong", TemplateBody=json.dumps(template))

    assert message in str(refused.value)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert "wrong" not in stacks.service.status()


def test_missing_stack_is_named_as_the_cli_expects(stacks: Stacks) -> None:
    with pytest.raises(ClientError) as missing:
        stacks.client.describe_stacks(StackName="nobody")

    assert missing.value.response["Error"]["Code"] == "ValidationError"
    assert missing.value.response["Error"]["Message"] == "Stack with id nobody does not exist"


def test_unknown_action_is_an_invalid_action(stacks: Stacks) -> None:
    answer = stacks.service.handle({"Action": "DetectStackDrift"}, region="us-east-1")

    assert answer.status == 400
    assert b"<Code>InvalidAction</Code>" in answer.body


def test_template_may_lie_behind_any_form_of_s3_url(stacks: Stacks) -> None:
    s3 = stacks.aws.client("s3")
    s3.create_bucket(Bucket="templates.here")
    yaml = "Resources:\n  Group: {Type: 'AWS::Logs::LogGroup'}\nDescription: !Sub 'x'\n"
    s3.put_object(Bucket="templates.here", Key="a b.yml", Body=yaml.encode())

    urls = [
        f"{stacks.aws.url}/templates.here/a%20b.yml",
        "https://templates.here.s3.us-east-1.amazonaws.com/a%20b.yml",
        "https://s3.us-east-1.amazonaws.com/templates.here/a%20b.yml",
    ]

    for url in urls:
        summary = stacks.client.get_template_summary(TemplateURL=url)
        assert summary["ResourceTypes"] == ["AWS::Logs::LogGroup"]
    with pytest.raises(ClientError, match="NoSuchKey"):
        stacks.client.get_template_summary(TemplateURL=f"{stacks.aws.url}/templates.here/no")


def test_yaml_keeps_dates_as_text_and_knows_the_short_tags(stacks: Stacks) -> None:
    yaml = """
Resources:
  P:
    Type: AWS::SSM::Parameter
    Properties:
      Type: String
      Value: !Join [":", [2012-10-17, !Sub "${AWS::Region}", !Select [1, [a, b]]]]
Outputs:
  Value: {Value: !GetAtt P.Value}
"""
    stacks.used.append("yaml")
    stacks.client.create_stack(StackName="yaml", TemplateBody=yaml)

    assert stacks.outputs("yaml") == {"Value": "2012-10-17:us-east-1:b"}


def test_template_nested_beyond_reason_is_refused(stacks: Stacks) -> None:
    with pytest.raises(ClientError, match="Template format error: it is nested too deeply"):
        stacks.client.create_stack(StackName="deep", TemplateBody="[" * 5000)


def test_deletion_of_a_stack_that_is_being_deleted_is_no_error(stacks: Stacks) -> None:
    template = {"Resources": {f"X{number}": _GROUP for number in range(20)}}
    stack_id = stacks.create("twice", template)["StackId"]

    for _ in range(3):
        stacks.client.delete_stack(StackName="twice")

    assert stacks.describe(stack_id)["StackStatus"] == "DELETE_COMPLETE"
