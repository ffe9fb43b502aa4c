"""Change sets, parameters and what counts as a change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Stacks


def _template(days: Any = 7, name: str | None = None, **more: Any) -> dict[str, Any]:
    properties = {"RetentionInDays": days, **({"LogGroupName": name} if name else {})}
    parameter = {"Type": "String", "Value": {"Ref": "Group"}}
    return {
        "Resources": {
            "Group": {"Type": "AWS::Logs::LogGroup", "Properties": properties},
            "Name": {"Type": "AWS::SSM::Parameter", "Properties": parameter},
        },
        **more,
    }


def _change_set(
    stacks: Stacks, name: str, template: dict[str, Any], kind: str = "UPDATE", **options: Any
) -> dict[str, Any]:
    stacks.client.create_change_set(
        StackName=name,
        ChangeSetName="changes",
        ChangeSetType=kind,
        TemplateBody=json.dumps(template),
        **options,
    )
    found: dict[str, Any] = stacks.client.describe_change_set(
        StackName=name, ChangeSetName="changes", IncludePropertyValues=True
    )
    return found


def _changes(change_set: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [
        (item["Action"], item["LogicalResourceId"], item.get("Replacement"))
        for item in (change["ResourceChange"] for change in change_set["Changes"])
    ]


def test_new_stack_is_in_review_until_its_change_set_is_executed(stacks: Stacks) -> None:
    stacks.used.append("reviewed")
    change_set = _change_set(stacks, "reviewed", _template(), "CREATE")

    assert stacks.describe("reviewed")["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert _changes(change_set) == [("Add", "Group", None), ("Add", "Name", None)]

    stacks.client.execute_change_set(StackName="reviewed", ChangeSetName="changes")

    assert stacks.describe("reviewed")["StackStatus"] == "CREATE_COMPLETE"
    with pytest.raises(ClientError) as gone:
        stacks.client.describe_change_set(StackName="reviewed", ChangeSetName="changes")
    assert gone.value.response["Error"]["Code"] == "ChangeSetNotFound"


def test_changes_tell_update_from_replacement_and_follow_references(stacks: Stacks) -> None:
    stacks.create("changed", _template(7, "old"))

    in_place = _change_set(stacks, "changed", _template(14, "old"))
    stacks.client.delete_change_set(StackName="changed", ChangeSetName="changes")
    replacing = _change_set(stacks, "changed", _template(7, "new"))

    assert _changes(in_place) == [("Modify", "Group", "False")]
    assert _changes(replacing) == [("Modify", "Group", "True"), ("Modify", "Name", "False")]
    detail = replacing["Changes"][0]["ResourceChange"]["Details"][0]
    assert detail["Target"]["BeforeValue"] == "old"
    assert detail["Target"]["AfterValue"] == "new"
    assert detail["Target"]["RequiresRecreation"] == "Always"


def test_same_template_gives_a_failed_change_set_and_a_refused_update(stacks: Stacks) -> None:
    stacks.create("same", _template())

    change_set = _change_set(stacks, "same", _template(Description="only words"))

    assert change_set["Status"] == "FAILED"
    assert change_set["StatusReason"].startswith(
        "The submitted information didn't contain changes."
    )
    with pytest.raises(ClientError) as refused:
        stacks.update("same", _template())
    assert refused.value.response["Error"]["Message"] == "No updates are to be performed."


@pytest.mark.parametrize(
    ("change", "options"),
    [
        ({"Outputs": {"O": {"Value": "new"}}}, {}),
        ({}, {"Tags": [{"Key": "k", "Value": "v"}]}),
    ],
)
def test_outputs_and_stack_tags_alone_are_changes(
    stacks: Stacks, change: dict[str, Any], options: dict[str, Any]
) -> None:
    stacks.create("small", _template())

    assert stacks.update("small", _template(**change), **options)["StackStatus"] == (
        "UPDATE_COMPLETE"
    )


def test_unknown_change_set_is_deleted_without_complaint(stacks: Stacks) -> None:
    stacks.create("nochange", _template())

    stacks.client.delete_change_set(StackName="nochange", ChangeSetName="never-made")


def test_parameters_keep_previous_values_hide_secrets_and_read_ssm(stacks: Stacks) -> None:
    ssm = stacks.aws.client("ssm")
    ssm.put_parameter(Name="/days", Type="String", Value="7")
    declared = {
        "Days": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/days"},
        "Secret": {"Type": "String", "NoEcho": True},
        "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
    }
    outputs = {"List": {"Value": {"Fn::Join": ["|", {"Ref": "List"}]}}}
    template = _template({"Ref": "Days"}, Parameters=declared, Outputs=outputs)
    given = [{"ParameterKey": "Secret", "ParameterValue": "s"}]

    stack = stacks.create("parameters", template, Parameters=given)

    shown = {item["ParameterKey"]: item for item in stack["Parameters"]}
    assert shown["Secret"]["ParameterValue"] == "****"
    assert shown["Days"] == {
        "ParameterKey": "Days",
        "ParameterValue": "/days",
        "ResolvedValue": "7",
    }
    assert stacks.outputs("parameters") == {"List": "a|b"}

    ssm.put_parameter(Name="/days", Type="String", Value="14", Overwrite=True)
    keep = [{"ParameterKey": "Secret", "UsePreviousValue": True}]
    change_set = _change_set(stacks, "parameters", template, Parameters=keep)

    assert _changes(change_set) == [("Modify", "Group", "False")]
    ssm.delete_parameter(Name="/days")


def test_condition_adds_and_removes_a_resource(stacks: Stacks) -> None:
    template = _template(
        Parameters={"On": {"Type": "String"}},
        Conditions={"IsOn": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
    )
    template["Resources"]["Name"]["Condition"] = "IsOn"

    def names() -> list[str]:
        return sorted(item.logical_id for item in stacks.service.resources("conditional"))

    off = [{"ParameterKey": "On", "ParameterValue": "no"}]
    on = [{"ParameterKey": "On", "ParameterValue": "yes"}]
    stacks.create("conditional", template, Parameters=off)
    assert names() == ["Group"]
    stacks.update("conditional", template, Parameters=on)
    assert names() == ["Group", "Name"]
    stacks.update("conditional", template, Parameters=off)
    assert names() == ["Group"]


def test_protected_stack_is_not_deleted(stacks: Stacks) -> None:
    stacks.create("protected", _template(), EnableTerminationProtection=True)

    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        stacks.client.delete_stack(StackName="protected")

    stacks.client.update_termination_protection(
        StackName="protected", EnableTerminationProtection=False
    )
    assert stacks.delete("protected")["StackStatus"] == "DELETE_COMPLETE"
