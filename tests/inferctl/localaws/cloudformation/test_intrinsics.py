"""Every intrinsic function, by table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inferctl.localaws.app import LocalAws
from inferctl.localaws.cloudformation.errors import CloudFormationError
from inferctl.localaws.cloudformation.intrinsics import Resolver
from inferctl.localaws.cloudformation.model import LiveResource, ParameterValue
from inferctl.localaws.cloudformation.scope import Scope
from inferctl.localaws.cloudformation.templates import load_template

_TEMPLATE = {
    "Mappings": {"Size": {"us-east-1": {"small": "t3", "list": ["a", "b"]}}},
    "Conditions": {
        "Yes": {"Fn::Equals": ["1", 1]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Loop": {"Condition": "Loop"},
    },
    "Resources": {"Thing": {"Type": "Custom::Thing"}},
}


class _OtherStacks:
    def imported(self, name: str, region: str) -> str:
        return f"{name} in {region}"

    def stack_output(self, stack: str, output: str, region: str) -> str:
        return f"{stack}.{output} in {region}"


def _resolver(region: str = "us-east-1") -> Resolver:
    parameters = {
        "Name": ParameterValue("Name", "n", "n"),
        "Zones": ParameterValue("Zones", "a,b", ["a", "b"]),
    }
    thing = LiveResource(
        "Thing", "Custom::Thing", "thing-1", {}, {"Arn": "arn", "A.B": "dotted", "D": {"E": 5}}
    )
    return Resolver(
        Scope(
            template=load_template(json.dumps(_TEMPLATE)),
            parameters=parameters,
            resources={"Thing": thing},
            others=_OtherStacks(),
            stack_name="stack",
            stack_id="arn:stack",
            region=region,
            account="123456789012",
            notification_arns=("arn:topic",),
        )
    )


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Ref": "Name"}, "n"),
        ({"Ref": "Zones"}, ["a", "b"]),
        ({"Ref": "Thing"}, "thing-1"),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "AWS::StackName"}, "stack"),
        ({"Ref": "AWS::StackId"}, "arn:stack"),
        ({"Ref": "AWS::NotificationARNs"}, ["arn:topic"]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]}, {"b": [1]}),
        ({"Fn::GetAtt": ["Thing", "Arn"]}, "arn"),
        ({"Fn::GetAtt": "Thing.Arn"}, "arn"),
        ({"Fn::GetAtt": ["Thing", "A.B"]}, "dotted"),
        ({"Fn::GetAtt": ["Thing", "D.E"]}, 5),
        ({"Fn::Sub": "${Name}-${Thing}-${Thing.Arn}-${!Raw}"}, "n-thing-1-arn-${Raw}"),
        ({"Fn::Sub": ["${x}/${AWS::Region}", {"x": {"Ref": "Name"}}]}, "n/us-east-1"),
        ({"Fn::Join": ["-", ["a", 1, True, {"Ref": "Name"}]]}, "a-1-true-n"),
        ({"Fn::Join": [",", {"Ref": "Zones"}]}, "a,b"),
        ({"Fn::Split": ["/", "a/b/c"]}, ["a", "b", "c"]),
        ({"Fn::Select": ["1", {"Fn::Split": ["/", "a/b"]}]}, "b"),
        ({"Fn::If": ["Yes", "t", "f"]}, "t"),
        ({"Fn::If": ["No", "t", "f"]}, "f"),
        ({"Fn::If": ["Both", "t", "f"]}, "f"),
        ({"Fn::If": ["Either", "t", "f"]}, "t"),
        ({"Fn::FindInMap": ["Size", {"Ref": "AWS::Region"}, "small"]}, "t3"),
        ({"Fn::FindInMap": ["Size", "us-east-1", "list"]}, ["a", "b"]),
        ({"Fn::FindInMap": ["Size", "x", "y", {"DefaultValue": "d"}]}, "d"),
        ({"Fn::ImportValue": {"Fn::Sub": "${Name}-export"}}, "n-export in us-east-1"),
        (
            {"Fn::GetStackOutput": {"StackName": "s", "OutputName": "o", "Region": "eu-west-1"}},
            "s.o in eu-west-1",
        ),
        ({"Fn::Base64": "abc"}, "YWJj"),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, "8"]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Length": [1, 2, 3]}, 3),
        ({"Fn::Contains": [["1", "2"], 2]}, True),
        ({"Fn::Contains": [["1", "2"], "3"]}, False),
        ({"Condition": {"StringEquals": {"a": "b"}}}, {"Condition": {"StringEquals": {"a": "b"}}}),
    ],
)
def test_expression_has_the_value_that_cloudformation_gives(expression: Any, value: Any) -> None:
    assert _resolver().value(expression) == value


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_partition_follows_the_region(region: str, partition: str, suffix: str) -> None:
    expression = {"Fn::Sub": "${AWS::Partition} ${AWS::URLSuffix}"}

    assert _resolver(region).value(expression) == f"{partition} {suffix}"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"Ref": "Nobody"}, "Unresolved resource dependencies [Nobody]"),
        ({"Ref": "AWS::Nope"}, "Unrecognized pseudo parameter AWS::Nope"),
        ({"Fn::GetAtt": ["Thing", "Nope"]}, "Thing (Custom::Thing) has no attribute Nope"),
        ({"Fn::Select": [2, ["a", "b"]]}, "Fn::Select cannot select nonexistent value at index 2"),
        ({"Fn::FindInMap": ["Size", "x", "y"]}, "Unable to get mapping for Size::x::y"),
        ({"Fn::If": ["Nope", 1, 2]}, "Unresolved condition dependency Nope"),
        ({"Fn::If": ["Loop", 1, 2]}, "circular conditions"),
        ({"Fn::Join": ["-", [["a"]]]}, "every Fn::Join object requires two parameters"),
        ({"Fn::Cidr": ["10.0.0.0/24", 3, 7]}, "10.0.0.0/24 does not hold 3"),
        ({"Fn::Select": "x"}, "Template error: Fn::Select cannot take 'x'"),
        ({"Fn::Transform": {}}, "Fn::Transform is not emulated by the embedded AWS"),
        ("{{resolve:secretsmanager:x}}", "dynamic reference to secretsmanager is not emulated"),
    ],
)
def test_wrong_expression_is_an_error_that_names_it(expression: Any, message: str) -> None:
    with pytest.raises(CloudFormationError) as error:
        _resolver().value(expression)

    assert message in str(error.value)


@pytest.mark.usefixtures("aws")
def test_zones_are_those_of_the_region() -> None:
    zones = _resolver().value({"Fn::GetAZs": ""})

    assert zones[:2] == ["us-east-1a", "us-east-1b"]


def test_dynamic_reference_reads_the_parameter_store(aws: LocalAws) -> None:
    ssm = aws.client("ssm")
    ssm.put_parameter(Name="/dynamic", Type="String", Value="found")

    assert _resolver().value({"Fn::Sub": "a-{{resolve:ssm:/dynamic}}"}) == "a-found"

    ssm.delete_parameter(Name="/dynamic")
    with pytest.raises(CloudFormationError, match="ParameterNotFound"):
        _resolver().value("{{resolve:ssm:/dynamic}}")
