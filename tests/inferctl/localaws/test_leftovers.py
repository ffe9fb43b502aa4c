from __future__ import annotations

import pytest

from inferctl.localaws import clients
from inferctl.localaws.app import LocalAws
from inferctl.localaws.leftovers import find_leftovers

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("local_aws")]


def test_an_empty_account_has_none() -> None:
    assert find_leftovers(["us-east-1"]) == []


def test_what_no_stack_owns_is_named_with_its_service(local_aws: LocalAws) -> None:
    local_aws.client("s3").create_bucket(Bucket="forgotten")
    local_aws.client("logs").create_log_group(logGroupName="/forgotten")
    vpc = local_aws.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    key = local_aws.client("kms").create_key()["KeyMetadata"]["KeyId"]

    found = find_leftovers(["us-east-1"])

    assert found == sorted(["s3 forgotten", "logs /forgotten", f"ec2 {vpc}", f"kms {key}"])


def test_a_key_that_waits_for_its_deletion_is_gone(local_aws: LocalAws) -> None:
    kms = local_aws.client("kms", "eu-west-1")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)

    assert f"kms {key}" not in find_leftovers(["eu-west-1"])


def test_what_a_stack_owns_is_not_left_over() -> None:
    template = '{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}'
    cloudformation = clients.client("cloudformation", "us-west-2")
    cloudformation.create_stack(StackName="owner", TemplateBody=template)
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="owner", WaiterConfig={"Delay": 1}
    )
    resources = cloudformation.describe_stack_resources(StackName="owner")["StackResources"]

    assert f"s3 {resources[0]['PhysicalResourceId']}" not in find_leftovers(["us-west-2"])
