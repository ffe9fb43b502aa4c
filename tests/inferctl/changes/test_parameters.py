"""A parameter's default is what is deployed: another one is a change of what refers to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from inferctl.changes.assembly import Assembly
from inferctl.changes.parameters import with_defaults
from inferctl.changes.platform_changes import platform_changes

_PARAMETER = "ImageParameter"


def hosted(side: Assembly, image: str) -> Assembly:
    """The platform with one more host, whose image stands in Parameter Store at ``image``."""
    (stack,) = (name for name in side.templates if name.endswith("-network"))
    host = {
        "Type": "AWS::EC2::Instance",
        "Properties": {"InstanceType": "c5.large", "ImageId": {"Ref": _PARAMETER}},
    }
    template = {
        "Parameters": {
            _PARAMETER: {
                "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
                "Default": image,
            }
        },
        "Resources": {**side.templates[stack]["Resources"], "Host": host},
    }
    return replace(side, templates={**side.templates, stack: with_defaults(template)})


def test_another_default_replaces_what_refers_to_it(synthesized: Mapping[str, Assembly]) -> None:
    side = synthesized["prod"]

    found = platform_changes(hosted(side, "/images/1"), hosted(side, "/images/2")).findings

    assert [f.text for f in found if f.kind == "replace"] == [
        "is replaced by ImageId: {{resolve:ssm:/images/1}} -> {{resolve:ssm:/images/2}}"
    ]


def test_defaults_stand_in_substituted_text_and_nothing_else_changes() -> None:
    template = {
        "Parameters": {"Size": {"Type": "Number", "Default": 3}, "Given": {"Type": "String"}},
        "Resources": {"R": {"A": [{"Ref": "Size"}, {"Ref": "Given"}], "B": {"Fn::Sub": "${Size}"}}},
        "Description": "d",
    }

    assert with_defaults(template) == {
        **template,
        "Resources": {"R": {"A": [3, {"Ref": "Given"}], "B": {"Fn::Sub": "3"}}},
    }
