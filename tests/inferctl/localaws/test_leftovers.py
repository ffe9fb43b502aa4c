from __future__ import annotations

import json
from typing import Any

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


def test_the_key_that_encrypts_disks_by_default_is_not_the_accounts(local_aws: LocalAws) -> None:
    ec2 = local_aws.client("ec2", "eu-north-1")
    disk = ec2.create_volume(AvailabilityZone="eu-north-1a", Size=1, Encrypted=True)
    keys = local_aws.client("kms", "eu-north-1").list_keys()["Keys"]

    found = find_leftovers(["eu-north-1"])

    assert f"ec2 {disk['VolumeId']}" in found
    assert keys and not [name for name in found if name.startswith("kms ")]


# what CloudFormation does not call as the service calls it, or as a part of an ARN
OWNED: dict[str, Any] = {
    "Bucket": {"Type": "AWS::S3::Bucket"},
    "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
    "Cluster": {"Type": "AWS::ECS::Cluster"},
    "Definition": {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {"ContainerDefinitions": [{"Name": "a", "Image": "i", "Memory": 128}]},
    },
    "Service": {
        "Type": "AWS::ECS::Service",
        "Properties": {
            "Cluster": {"Ref": "Cluster"},
            "TaskDefinition": {"Ref": "Definition"},
            "DesiredCount": 0,
        },
    },
    "Target": {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ServiceNamespace": "ecs",
            "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": {"Fn::Sub": "service/${Cluster}/${Service.Name}"},
            "MinCapacity": 0,
            "MaxCapacity": 1,
        },
    },
}


def test_what_a_stack_owns_is_not_left_over() -> None:
    before = find_leftovers(["us-east-1", "us-west-2"])
    template = json.dumps({"Resources": OWNED})
    cloudformation = clients.client("cloudformation", "us-west-2")
    cloudformation.create_stack(StackName="owner", TemplateBody=template)
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="owner", WaiterConfig={"Delay": 1}
    )

    # buckets and roles are listed in every region
    assert find_leftovers(["us-east-1", "us-west-2"]) == before
    resources = cloudformation.describe_stack_resources(StackName="owner")["StackResources"]
    assert {one["LogicalResourceId"] for one in resources} == OWNED.keys()


def test_addresses_instances_and_scalable_targets_by_hand_are_left_over(
    local_aws: LocalAws,
) -> None:
    region = "us-west-1"
    ec2, ecs = local_aws.client("ec2", region), local_aws.client("ecs", region)
    address = ec2.allocate_address(Domain="vpc")["PublicIp"]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ran = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="inf2.xlarge")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(
        family="f", containerDefinitions=[{"name": "a", "image": "i", "memory": 128}]
    )
    ecs.create_service(cluster="c", serviceName="s", taskDefinition="f", desiredCount=0)
    local_aws.client("application-autoscaling", region).register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/c/s",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=0,
        MaxCapacity=1,
    )

    assert {
        f"ec2 {address}",
        f"ec2 {ran['Instances'][0]['InstanceId']}",
        "application-autoscaling service/c/s|ecs:service:DesiredCount|ecs",
    } <= set(find_leftovers([region]))
