"""Create, update, replace, roll back and delete, as seen through the API."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Stacks


def _group(days: int | None = None, **more: Any) -> dict[str, Any]:
    properties = {} if days is None else {"RetentionInDays": days}
    return {"Type": "AWS::Logs::LogGroup", "Properties": {**properties, **more}}


def _failing(after: str) -> dict[str, Any]:
    """A subnet of a network that does not exist."""
    properties = {"VpcId": "vpc-00000000", "CidrBlock": "10.0.0.0/24"}
    return {"Type": "AWS::EC2::Subnet", "Properties": properties, "DependsOn": after}


def test_update_in_place_keeps_the_physical_resource(stacks: Stacks) -> None:
    stacks.create("inplace", {"Resources": {"Group": _group(7)}})
    before = stacks.physical_id("inplace", "Group")

    assert stacks.update("inplace", {"Resources": {"Group": _group(14)}})["StackStatus"] == (
        "UPDATE_COMPLETE"
    )

    assert stacks.physical_id("inplace", "Group") == before
    group = stacks.aws.client("logs").describe_log_groups(logGroupNamePrefix=before)
    assert group["logGroups"][0]["retentionInDays"] == 14


def test_replacement_updates_dependants_and_then_deletes_the_old_resource(stacks: Stacks) -> None:
    def template(name: str) -> dict[str, Any]:
        parameter = {"Type": "String", "Value": {"Ref": "Group"}}
        return {
            "Resources": {
                "Group": _group(LogGroupName=name),
                "Name": {"Type": "AWS::SSM::Parameter", "Properties": parameter},
            }
        }

    stacks.create("replace", template("first"))
    parameter = stacks.physical_id("replace", "Name")

    assert stacks.update("replace", template("second"))["StackStatus"] == "UPDATE_COMPLETE"

    assert stacks.physical_id("replace", "Name") == parameter
    value = stacks.aws.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
    assert value == "second"
    groups = stacks.aws.client("logs").describe_log_groups()["logGroups"]
    assert {"first", "second"} & {group["logGroupName"] for group in groups} == {"second"}
    events = stacks.events("replace")
    assert events.index(("Name", "UPDATE_COMPLETE")) < events.index(("Group", "DELETE_COMPLETE"))
    assert events[-1] == ("replace", "UPDATE_COMPLETE")


def test_failed_create_is_rolled_back_and_leaves_nothing(stacks: Stacks) -> None:
    template = {"Resources": {"Group": _group(LogGroupName="gone"), "Bad": _failing("Group")}}

    assert stacks.create("badcreate", template)["StackStatus"] == "ROLLBACK_COMPLETE"

    groups = stacks.aws.client("logs").describe_log_groups()["logGroups"]
    assert "gone" not in {group["logGroupName"] for group in groups}
    assert "vpc-00000000" in stacks.reasons("badcreate")


def test_half_made_resource_of_a_failed_create_is_deleted(stacks: Stacks) -> None:
    properties = {"BucketName": "half-made", "LifecycleConfiguration": {"Rules": [{"Nope": 1}]}}
    template = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}}

    assert stacks.create("half", template)["StackStatus"] == "ROLLBACK_COMPLETE"

    buckets = stacks.aws.client("s3").list_buckets()["Buckets"]
    assert "half-made" not in {bucket["Name"] for bucket in buckets}
    assert "property AWS::S3::Bucket.LifecycleConfiguration.Rules.Nope" in stacks.reasons("half")


def test_failed_update_takes_up_the_replaced_resource_again(stacks: Stacks) -> None:
    stacks.create("takeup", {"Resources": {"Group": _group(LogGroupName="kept")}})
    template = {"Resources": {"Group": _group(LogGroupName="new"), "Bad": _failing("Group")}}

    assert stacks.update("takeup", template)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"

    assert stacks.physical_id("takeup", "Group") == "kept"
    groups = stacks.aws.client("logs").describe_log_groups()["logGroups"]
    assert {"kept", "new"} & {group["logGroupName"] for group in groups} == {"kept"}


def test_disabled_rollback_keeps_what_was_made_until_it_is_asked_for(stacks: Stacks) -> None:
    template = {"Resources": {"Group": _group(LogGroupName="paused"), "Bad": _failing("Group")}}
    stack = stacks.create("paused", template, DisableRollback=True)
    assert stack["StackStatus"] == "CREATE_FAILED"
    assert stacks.physical_id("paused", "Group") == "paused"

    stacks.client.rollback_stack(StackName="paused")

    assert stacks.describe("paused")["StackStatus"] == "ROLLBACK_COMPLETE"
    with pytest.raises(ClientError, match="Resource Group does not exist"):
        stacks.physical_id("paused", "Group")


def test_failed_stack_is_completed_by_an_update(stacks: Stacks) -> None:
    template = {"Resources": {"Group": _group(7), "Bad": _failing("Group")}}
    stacks.create("repaired", template, DisableRollback=True)

    status = stacks.update("repaired", {"Resources": {"Group": _group(7)}})["StackStatus"]

    assert status == "UPDATE_COMPLETE"
    assert [item.logical_id for item in stacks.service.resources("repaired")] == ["Group"]


def test_removed_resource_is_deleted_after_the_update(stacks: Stacks) -> None:
    stacks.create("removed", {"Resources": {"A": _group(7), "B": _group(LogGroupName="b-group")}})

    stacks.update("removed", {"Resources": {"A": _group(7)}})

    groups = stacks.aws.client("logs").describe_log_groups()["logGroups"]
    assert "b-group" not in {group["logGroupName"] for group in groups}
    assert stacks.events("removed")[-3:] == [
        ("B", "DELETE_IN_PROGRESS"),
        ("B", "DELETE_COMPLETE"),
        ("removed", "UPDATE_COMPLETE"),
    ]


def test_delete_of_a_bucket_with_objects_fails_and_says_why(stacks: Stacks) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "not-empty"}}
    stacks.create("full", {"Resources": {"Bucket": bucket}})
    s3 = stacks.aws.client("s3")
    s3.put_object(Bucket="not-empty", Key="k", Body=b"x")

    stack = stacks.delete("full")

    assert stack["StackStatus"] == "DELETE_FAILED"
    assert "BucketNotEmpty" in stack["StackStatusReason"]
    s3.delete_object(Bucket="not-empty", Key="k")
    assert stacks.delete("full")["StackStatus"] == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    ("policy", "survives_rollback", "survives_delete"),
    [("Retain", True, True), ("RetainExceptOnCreate", False, True), ("Delete", False, False)],
)
def test_deletion_policy_decides_what_is_kept(
    stacks: Stacks, policy: str, survives_rollback: bool, survives_delete: bool
) -> None:
    logs = stacks.aws.client("logs")

    def exists(name: str) -> bool:
        found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return bool(found)

    rolled, deleted = f"rolled-{policy}", f"deleted-{policy}"
    for name in (rolled, deleted):
        resources = {"Group": {**_group(LogGroupName=name), "DeletionPolicy": policy}}
        if name == rolled:
            resources["Bad"] = _failing("Group")
        stacks.create(name, {"Resources": resources})
    stacks.delete(deleted)

    assert exists(rolled) is survives_rollback
    assert exists(deleted) is survives_delete
    left = stacks.service.leftovers()
    assert (f"logs {deleted}" in left.retained) is survives_delete
    assert f"logs {deleted}" not in left.unowned
    for name in (rolled, deleted):
        if exists(name):
            logs.delete_log_group(logGroupName=name)


def test_a_resource_with_a_name_of_its_own_is_not_replaced_under_it(stacks: Stacks) -> None:
    def template(engine: str, name: str) -> dict[str, Any]:
        variant = {"VariantName": "all", "ModelName": engine, "InstanceType": "ml.g5.xlarge"}
        properties = {
            "EndpointConfigName": name,
            "ProductionVariants": [{**variant, "InitialInstanceCount": 1}],
        }
        config = {"Type": "AWS::SageMaker::EndpointConfig", "Properties": properties}
        return {"Resources": {"Config": config}}

    role = "arn:aws:iam::123456789012:role/r"
    for engine in ("old", "new"):
        stacks.aws.client("sagemaker").create_model(ModelName=engine, ExecutionRoleArn=role)
    stacks.create("named", template("old", "mine"))

    assert stacks.update("named", template("new", "mine"))["StackStatus"] == (
        "UPDATE_ROLLBACK_COMPLETE"
    )
    assert "custom-named resource requires replacing. Rename mine" in stacks.reasons("named")
    assert stacks.physical_id("named", "Config") == "mine"

    assert stacks.update("named", template("new", "other"))["StackStatus"] == "UPDATE_COMPLETE"
