"""Launch templates, instances and Auto Scaling groups: what a template says is what reads back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.leftovers import find_leftovers

from .cases_compute import (
    AUTO_SCALING_GROUP,
    FLEET,
    INSTANCE,
    NETWORK,
    PROFILE,
    launched,
    mixed,
    template,
)
from .conftest import Stacks
from .parts import ROLE, TOPIC, ref, resource, tags

_AMI = "/aws/service/ecs/optimized-ami/amazon-linux-2023/neuron/recommended/image_id"
_DATA = {
    "ImageId": f"resolve:ssm:{_AMI}",
    "InstanceType": "inf2.xlarge",
    "BlockDeviceMappings": [
        {
            "DeviceName": "/dev/xvda",
            "Ebs": {"VolumeSize": 200, "VolumeType": "gp3", "Encrypted": True, "Iops": 3000},
        }
    ],
    "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
    "Monitoring": {"Enabled": True},
    "UserData": base64.b64encode(b"echo ECS_CLUSTER=c").decode(),
    "TagSpecifications": [
        {"ResourceType": "instance", "Tags": tags(Name="host")},
        {"ResourceType": "volume", "Tags": tags(Name="disk")},
    ],
}

Describe = Callable[[], dict[str, Any]]


def group(**properties: Any) -> dict[str, Any]:
    return {
        **AUTO_SCALING_GROUP,
        "Properties": {**AUTO_SCALING_GROUP["Properties"], **properties},
    }


@pytest.fixture
def described(stacks: Stacks) -> Describe:
    """The group named ``Asg`` of the stack ``fleet``."""

    def describe() -> dict[str, Any]:
        names = [stacks.physical_id("fleet", "Asg")]
        found: dict[str, Any] = stacks.aws.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=names
        )["AutoScalingGroups"][0]
        return found

    return describe


def test_a_launch_template_reads_back_and_its_instances_are_made_of_it(
    stacks: Stacks, described: Describe
) -> None:
    data = {
        **_DATA,
        "IamInstanceProfile": {"Arn": ref("Profile", "Arn")},
        "SecurityGroupIds": [ref("Group", "GroupId")],
    }
    own = [{"ResourceType": "launch-template", "Tags": tags(own="1")}]
    subject = resource("AWS::EC2::LaunchTemplate", LaunchTemplateData=data, TagSpecifications=own)
    needs = {**NETWORK, "Role": ROLE, "Profile": PROFILE}
    stacks.create("fleet", {"Resources": {**needs, "Template": subject, "Asg": group()}})
    assert stacks.describe("fleet")["StackStatus"] == "CREATE_COMPLETE", stacks.reasons("fleet")

    ec2, ssm = stacks.aws.client("ec2"), stacks.aws.client("ssm")
    version = ec2.describe_launch_template_versions(
        LaunchTemplateId=stacks.physical_id("fleet", "Template")
    )["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    profile = stacks.physical_id("fleet", "Profile")
    host = described()["Instances"][0]["InstanceId"]
    instance = ec2.describe_instances(InstanceIds=[host])["Reservations"][0]["Instances"][0]
    by_instance = [{"Name": "attachment.instance-id", "Values": [host]}]
    (volume,) = ec2.describe_volumes(Filters=by_instance)["Volumes"]

    assert {**version, **_DATA} == version
    assert version["IamInstanceProfile"]["Arn"].endswith(profile)
    assert version["SecurityGroupIds"] == [stacks.physical_id("fleet", "Group")]
    assert instance["ImageId"] == ssm.get_parameter(Name=_AMI)["Parameter"]["Value"]
    assert instance["IamInstanceProfile"]["Arn"].endswith(profile)
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["Monitoring"]["State"] == "enabled"
    assert {"Key": "Name", "Value": "host"} in instance["Tags"]
    assert {"Key": "own", "Value": "1"} not in instance["Tags"]
    assert (volume["Size"], volume["VolumeType"], volume["Tags"]) == (200, "gp3", tags(Name="disk"))


def test_each_change_of_a_launch_template_is_a_version_that_a_group_follows(
    stacks: Stacks, described: Describe
) -> None:
    outputs = {
        name: {"Value": ref("Template", f"{name}VersionNumber")} for name in ("Latest", "Default")
    }

    def body(kind: str) -> dict[str, Any]:
        subject = template(InstanceType=kind, UserData=_DATA["UserData"])
        resources = {**NETWORK, "Template": subject, "Asg": group()}
        return {"Resources": resources, "Outputs": outputs}

    stacks.create("fleet", body("inf2.xlarge"))
    stacks.update("fleet", body("inf2.8xlarge"))
    autoscaling = stacks.aws.client("autoscaling")
    autoscaling.set_desired_capacity(
        AutoScalingGroupName=stacks.physical_id("fleet", "Asg"), DesiredCapacity=2
    )
    seen = [
        (one["InstanceType"], one["LaunchTemplate"]["Version"]) for one in described()["Instances"]
    ]

    assert stacks.outputs("fleet") == {"Latest": "2", "Default": "1"}
    assert described()["LaunchTemplate"]["Version"] == "2"
    assert seen == [("inf2.xlarge", "1"), ("inf2.8xlarge", "2")]


def test_elastic_inference_in_a_launch_template_is_refused_as_aws_refuses_it(
    stacks: Stacks,
) -> None:
    subject = template(ElasticInferenceAccelerators=[{"Type": "eia2.medium"}])

    assert stacks.create("fleet", {"Resources": {"T": subject}})["StackStatus"] == (
        "ROLLBACK_COMPLETE"
    )
    assert "extraneous key [ElasticInferenceAccelerators] is not permitted" in stacks.reasons(
        "fleet"
    )


def test_an_instance_keeps_its_elastic_inference_accelerators(stacks: Stacks) -> None:
    accelerated = {
        **INSTANCE,
        "Properties": {
            **INSTANCE["Properties"],
            "ElasticInferenceAccelerators": [{"Type": "eia2.medium", "Count": 2}],
        },
    }
    stacks.create("one", {"Resources": {**NETWORK, "Host": accelerated}})
    found = stacks.aws.client("ec2").describe_instances(
        InstanceIds=[stacks.physical_id("one", "Host")]
    )
    instance = found["Reservations"][0]["Instances"][0]

    attached = instance["ElasticInferenceAcceleratorAssociations"]
    assert [one["ElasticInferenceAcceleratorAssociationState"] for one in attached] == [
        "associated",
        "associated",
    ]
    assert all(":elastic-inference:" in one["ElasticInferenceAcceleratorArn"] for one in attached)


def test_everything_said_of_a_group_reads_back(stacks: Stacks, described: Describe) -> None:
    said: dict[str, Any] = {
        "CapacityRebalance": True,
        "Context": "fleet",
        "DefaultInstanceWarmup": 60,
        "HealthCheckGracePeriod": 120,
        "HealthCheckType": "EC2",
        "InstanceMaintenancePolicy": {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 110},
        "MaxInstanceLifetime": 604800,
        "TerminationPolicies": ["NewestInstance"],
    }
    subject = group(
        **said,
        Cooldown="90",
        MetricsCollection=[{"Granularity": "1Minute"}],
        NotificationConfigurations=[
            {"TopicARN": [ref("Topic")], "NotificationTypes": ["autoscaling:EC2_INSTANCE_LAUNCH"]}
        ],
        Tags=[{"Key": "Name", "Value": "fleet", "PropagateAtLaunch": "true"}],
    )
    stacks.create("fleet", {"Resources": {**FLEET, "Topic": TOPIC, "Asg": subject}})
    found = described()
    notified = stacks.aws.client("autoscaling").describe_notification_configurations(
        AutoScalingGroupNames=[found["AutoScalingGroupName"]]
    )["NotificationConfigurations"]

    assert {**found, **said} == found
    assert found["DefaultCooldown"] == 90
    assert len(found["EnabledMetrics"]) == 20
    assert [one["TopicARN"] for one in notified] == [stacks.physical_id("fleet", "Topic")]
    assert found["Tags"][0]["PropagateAtLaunch"] is True

    stacks.update("fleet", {"Resources": {**FLEET, "Topic": TOPIC, "Asg": group()}})
    found = described()

    assert (found["CapacityRebalance"], found["DefaultInstanceWarmup"]) == (False, -1)
    assert (found["DefaultCooldown"], found["TerminationPolicies"]) == (300, ["Default"])
    assert (found["EnabledMetrics"], found["Tags"]) == ([], [])


def test_sizes_change_without_losing_the_mixed_instances(
    stacks: Stacks, described: Describe
) -> None:
    def body(size: int) -> dict[str, Any]:
        subject = group(MixedInstancesPolicy=mixed(1), MinSize=str(size), MaxSize="4")
        del subject["Properties"]["LaunchTemplate"]
        return {"Resources": {**FLEET, "Asg": subject}}

    stacks.create("fleet", body(1))
    before = described()["MixedInstancesPolicy"]
    stacks.update("fleet", body(3))
    ids = [one["InstanceId"] for one in described()["Instances"]]
    reservations = stacks.aws.client("ec2").describe_instances(InstanceIds=ids)["Reservations"]
    markets = [
        instance.get("InstanceLifecycle", "on-demand")
        for reservation in reservations
        for instance in reservation["Instances"]
    ]

    assert described()["MixedInstancesPolicy"] == before
    assert sorted(markets) == ["on-demand", "spot", "spot"]


def test_a_capacity_that_something_else_set_survives_an_update(
    stacks: Stacks, described: Describe
) -> None:
    stacks.create("fleet", {"Resources": {**FLEET, "Asg": group(MinSize="0")}})
    stacks.aws.client("autoscaling").set_desired_capacity(
        AutoScalingGroupName=stacks.physical_id("fleet", "Asg"), DesiredCapacity=2
    )

    stacks.update("fleet", {"Resources": {**FLEET, "Asg": group(MinSize="0", Cooldown="60")}})

    assert described()["DesiredCapacity"] == 2


def test_instances_protected_from_scale_in_stop_the_deletion_until_the_protection_is_lifted(
    stacks: Stacks, described: Describe
) -> None:
    subject = group(NewInstancesProtectedFromScaleIn=True)
    stacks.create("fleet", {"Resources": {**FLEET, "Asg": subject}})
    stack_id = stacks.describe("fleet")["StackId"]

    stuck = stacks.delete("fleet")

    assert stuck["StackStatus"] == "DELETE_FAILED"
    assert "group size = {1/0/0}" in stuck["StackStatusReason"]
    assert "all remaining instances are protected from scale-in" in stuck["StackStatusReason"]
    assert described()["DesiredCapacity"] == 0
    instances = [one["InstanceId"] for one in described()["Instances"]]
    stacks.aws.client("autoscaling").set_instance_protection(
        AutoScalingGroupName=described()["AutoScalingGroupName"],
        InstanceIds=instances,
        ProtectedFromScaleIn=False,
    )

    stacks.client.delete_stack(StackName="fleet")

    assert stacks.describe(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert not [item for item in find_leftovers(["us-east-1"]) if item.startswith("ec2 i-")]


def test_another_update_policy_than_the_one_that_changes_nothing_is_refused(
    stacks: Stacks,
) -> None:
    subject = {**group(), "UpdatePolicy": {"AutoScalingRollingUpdate": {"MaxBatchSize": 1}}}

    with pytest.raises(ClientError, match="/Resources/Asg/UpdatePolicy"):
        stacks.create("fleet", {"Resources": {**FLEET, "Asg": subject}})
    stacks.used.clear()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("AWS::AutoScaling::AutoScalingGroup", "LaunchConfigurationName"),
        ("AWS::AutoScaling::AutoScalingGroup", "TrafficSources"),
        ("AWS::EC2::Instance", "CpuOptions"),
        ("AWS::EC2::Instance", "Tenancy"),
    ],
)
def test_what_would_be_lost_is_refused_by_name(stacks: Stacks, kind: str, name: str) -> None:
    with pytest.raises(ClientError, match=f"property {kind}.{name} is not emulated"):
        stacks.create("fleet", {"Resources": {"X": resource(kind, **{name: "x"})}})
    stacks.used.clear()


def test_orphaned_machines_and_templates_are_left_over(stacks: Stacks) -> None:
    ec2 = stacks.aws.client("ec2", "eu-west-1")
    made = ec2.create_launch_template(
        LaunchTemplateName="orphan", LaunchTemplateData={"InstanceType": "inf2.xlarge"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=8)["VolumeId"]
    host = ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]

    assert {f"ec2 {made}", f"ec2 {volume}", f"ec2 {host}"} <= set(find_leftovers(["eu-west-1"]))

    ec2.terminate_instances(InstanceIds=[host])
    assert f"ec2 {host}" not in find_leftovers(["eu-west-1"])


def test_a_version_of_a_launch_template_may_be_the_default_one(
    stacks: Stacks, described: Describe
) -> None:
    by_default = {"LaunchTemplate": launched("Template", "DefaultVersionNumber")}
    stacks.create("fleet", {"Resources": {**FLEET, "Asg": group(**by_default)}})

    assert described()["LaunchTemplate"]["Version"] == "1"
