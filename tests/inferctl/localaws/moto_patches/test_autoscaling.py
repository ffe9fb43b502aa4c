from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches import (
    autoscaling_group_deletion,
    autoscaling_group_settings,
    autoscaling_launches,
    autoscaling_lifecycle_hooks,
    autoscaling_notifications,
    autoscaling_policy_answer,
)
from inferctl.localaws.moto_patches.patch import reverted

Make = Callable[..., str]


@pytest.fixture(scope="module")
def subnets(local_aws: LocalAws) -> list[str]:
    ec2 = local_aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )
        for index, zone in enumerate("ab")
    ]
    return [one["Subnet"]["SubnetId"] for one in made]


@pytest.fixture(scope="module")
def template(local_aws: LocalAws) -> str:
    ec2 = local_aws.client("ec2")
    data = {"ImageId": "ami-0abcdef1234567890", "InstanceType": "inf2.xlarge"}
    made = ec2.create_launch_template(LaunchTemplateName="t", LaunchTemplateData=data)
    template: str = made["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData={**data, "InstanceType": "inf2.8xlarge"}
    )
    return template


@pytest.fixture
def make(
    local_aws: LocalAws, subnets: list[str], template: str, request: pytest.FixtureRequest
) -> Make:
    def group(**options: Any) -> str:
        name: str = request.node.name
        given = {"MinSize": 0, "MaxSize": 4, "VPCZoneIdentifier": ",".join(subnets), **options}
        if "MixedInstancesPolicy" not in given:
            given["LaunchTemplate"] = {"LaunchTemplateId": template, "Version": "2"}
        local_aws.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=name, **given
        )
        return name

    return group


def mixed(template: str, percent: int) -> dict[str, Any]:
    return {
        "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": percent},
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "2"},
            "Overrides": [{"InstanceType": "inf2.24xlarge"}],
        },
    }


def describe(aws: LocalAws, name: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[name]
    )["AutoScalingGroups"][0]
    return found


def hosts(aws: LocalAws, name: str) -> list[dict[str, Any]]:
    ids = [one["InstanceId"] for one in describe(aws, name)["Instances"]]
    found = aws.client("ec2").describe_instances(InstanceIds=ids)["Reservations"]
    return [instance for reservation in found for instance in reservation["Instances"]]


def test_moto_still_drops_settings_and_loses_mixed_instances(
    local_aws: LocalAws, make: Make, template: str
) -> None:
    with reverted(*autoscaling_group_settings.PATCHES):
        name = make(MixedInstancesPolicy=mixed(template, 0), DefaultInstanceWarmup=60)
        assert "MixedInstancesPolicy" in describe(local_aws, name)
        assert "DefaultInstanceWarmup" not in describe(local_aws, name)

        local_aws.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=name, MinSize=1
        )

        assert "MixedInstancesPolicy" not in describe(local_aws, name)


def test_patched_settings_and_mixed_instances_last(
    local_aws: LocalAws, make: Make, template: str
) -> None:
    name = make(MixedInstancesPolicy=mixed(template, 0), DefaultInstanceWarmup=60)
    before = describe(local_aws, name)
    local_aws.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=1, MaxInstanceLifetime=86400
    )
    after = describe(local_aws, name)

    assert after["MixedInstancesPolicy"] == before["MixedInstancesPolicy"]
    assert "LaunchTemplate" not in after
    assert (after["DefaultInstanceWarmup"], after["MaxInstanceLifetime"]) == (60, 86400)
    assert (after["MinSize"], after["DesiredCapacity"]) == (1, 1)


def test_moto_still_takes_any_capacity(local_aws: LocalAws, make: Make) -> None:
    name = make(MaxSize=1)

    with reverted(*autoscaling_group_settings.PATCHES):
        local_aws.client("autoscaling").set_desired_capacity(
            AutoScalingGroupName=name, DesiredCapacity=2
        )
        assert describe(local_aws, name)["DesiredCapacity"] == 2


@pytest.mark.parametrize(
    ("wanted", "message"),
    [(5, "5 is above max value 4"), (0, "0 is below min value 1")],
)
def test_patched_the_capacity_stays_within_the_limits(
    local_aws: LocalAws, make: Make, wanted: int, message: str
) -> None:
    name, autoscaling = make(MinSize=1), local_aws.client("autoscaling")

    with pytest.raises(ClientError, match=message):
        autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=wanted)
    with pytest.raises(ClientError, match="must be between the specified min size:1 and max"):
        autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, DesiredCapacity=wanted)


def test_moto_still_launches_the_default_version_in_one_subnet(
    local_aws: LocalAws, make: Make
) -> None:
    with reverted(*autoscaling_launches.PATCHES):
        name = make(DesiredCapacity=3)
        tags = [{tag["Key"]: tag["Value"] for tag in one["Tags"]} for one in hosts(local_aws, name)]

        assert {tag["aws:ec2launchtemplate:version"] for tag in tags} == {"1"}
        assert len({one["SubnetId"] for one in hosts(local_aws, name)}) == 1


def test_patched_instances_spread_and_have_the_version_of_the_group(
    local_aws: LocalAws, make: Make, subnets: list[str]
) -> None:
    name = make(DesiredCapacity=4)
    found = hosts(local_aws, name)

    assert sorted(one["SubnetId"] for one in found) == sorted([*subnets, *subnets])
    assert {one["InstanceType"] for one in found} == {"inf2.8xlarge"}
    assert {one["LaunchTemplate"]["Version"] for one in describe(local_aws, name)["Instances"]} == {
        "2"
    }


def test_moto_still_loses_an_instance_to_an_odd_percentage(
    local_aws: LocalAws, make: Make, template: str
) -> None:
    with reverted(*autoscaling_launches.PATCHES):
        name = make(MixedInstancesPolicy=mixed(template, 50), DesiredCapacity=3)

        assert len(describe(local_aws, name)["Instances"]) == 2


@pytest.mark.parametrize(("percent", "spot"), [(0, 3), (50, 1), (100, 0)])
def test_patched_the_distribution_decides_what_is_spot(
    local_aws: LocalAws, make: Make, template: str, percent: int, spot: int
) -> None:
    name = make(MixedInstancesPolicy=mixed(template, percent), DesiredCapacity=3)
    found = hosts(local_aws, name)

    assert len(found) == 3
    assert sum(one.get("InstanceLifecycle") == "spot" for one in found) == spot
    assert {one["InstanceType"] for one in found} == {"inf2.24xlarge"}


def test_patched_scale_in_spares_the_protected_and_balances_the_zones(
    local_aws: LocalAws, make: Make
) -> None:
    name, autoscaling = make(DesiredCapacity=4), local_aws.client("autoscaling")
    ids = [one["InstanceId"] for one in describe(local_aws, name)["Instances"]]
    autoscaling.set_instance_protection(
        AutoScalingGroupName=name, InstanceIds=ids[:1], ProtectedFromScaleIn=True
    )

    autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=2)

    left = describe(local_aws, name)["Instances"]
    assert ids[0] in [one["InstanceId"] for one in left]
    assert {one["AvailabilityZone"] for one in left} == {"us-east-1a", "us-east-1b"}


def test_moto_still_deletes_a_group_around_its_instances(local_aws: LocalAws, make: Make) -> None:
    name = make(DesiredCapacity=1, NewInstancesProtectedFromScaleIn=True)
    (orphan,) = hosts(local_aws, name)

    with reverted(*autoscaling_group_deletion.PATCHES):
        local_aws.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=name)

    found = local_aws.client("ec2").describe_instances(InstanceIds=[orphan["InstanceId"]])
    assert found["Reservations"][0]["Instances"][0]["State"]["Name"] == "running"


def test_patched_a_group_with_instances_needs_force(local_aws: LocalAws, make: Make) -> None:
    name = make(DesiredCapacity=1, NewInstancesProtectedFromScaleIn=True)
    autoscaling = local_aws.client("autoscaling")
    (host,) = hosts(local_aws, name)
    autoscaling.put_scaling_policy(
        AutoScalingGroupName=name,
        PolicyName="p",
        AdjustmentType="ChangeInCapacity",
        ScalingAdjustment=1,
    )

    with pytest.raises(ClientError, match="while there are instances") as refused:
        autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name)
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)

    found = local_aws.client("ec2").describe_instances(InstanceIds=[host["InstanceId"]])
    assert found["Reservations"][0]["Instances"][0]["State"]["Name"] == "terminated"
    assert autoscaling.describe_policies(PolicyNames=["p"])["ScalingPolicies"] == []


def test_moto_still_has_no_notifications(local_aws: LocalAws, make: Make) -> None:
    name = make()
    notified = {
        "AutoScalingGroupName": name,
        "TopicARN": "arn:aws:sns:us-east-1:123456789012:t",
        "NotificationTypes": ["autoscaling:EC2_INSTANCE_LAUNCH"],
    }
    autoscaling = local_aws.client("autoscaling")

    with (
        reverted(*autoscaling_notifications.PATCHES),
        pytest.raises(ClientError, match="NotImpl"),
    ):
        autoscaling.put_notification_configuration(**notified)
    autoscaling.put_notification_configuration(**notified)

    (found,) = autoscaling.describe_notification_configurations()["NotificationConfigurations"]
    assert found["NotificationType"] == "autoscaling:EC2_INSTANCE_LAUNCH"
    autoscaling.delete_notification_configuration(
        AutoScalingGroupName=name, TopicARN=notified["TopicARN"]
    )
    assert autoscaling.describe_notification_configurations()["NotificationConfigurations"] == []


def test_moto_still_takes_all_metrics_for_none(local_aws: LocalAws, make: Make) -> None:
    name, autoscaling = make(), local_aws.client("autoscaling")
    everything = {"AutoScalingGroupName": name, "Granularity": "1Minute"}

    with reverted(*autoscaling_notifications.PATCHES):
        autoscaling.enable_metrics_collection(**everything)
        assert describe(local_aws, name)["EnabledMetrics"] == []
    autoscaling.enable_metrics_collection(**everything)

    assert len(describe(local_aws, name)["EnabledMetrics"]) == 20
    autoscaling.disable_metrics_collection(AutoScalingGroupName=name, Metrics=["GroupMinSize"])
    assert len(describe(local_aws, name)["EnabledMetrics"]) == 19


def test_moto_still_makes_up_the_target_of_a_hook(local_aws: LocalAws, make: Make) -> None:
    name, autoscaling = make(), local_aws.client("autoscaling")
    hook = {
        "LifecycleHookName": "drain",
        "AutoScalingGroupName": name,
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "NotificationTargetARN": "arn:aws:sns:us-east-1:123456789012:t",
        "RoleARN": "arn:aws:iam::123456789012:role/r",
        "NotificationMetadata": "m",
    }

    with reverted(*autoscaling_lifecycle_hooks.PATCHES):
        autoscaling.put_lifecycle_hook(**hook)
        (found,) = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
        assert found["NotificationTargetARN"].endswith(":my-queue")
    autoscaling.put_lifecycle_hook(**hook)

    (found,) = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
    assert {**found, **hook} == found


def test_moto_still_misspells_the_arn_of_a_policy(local_aws: LocalAws, make: Make) -> None:
    policy = {
        "AutoScalingGroupName": make(),
        "PolicyName": "p",
        "AdjustmentType": "ChangeInCapacity",
        "ScalingAdjustment": 1,
    }
    autoscaling = local_aws.client("autoscaling")

    with reverted(*autoscaling_policy_answer.PATCHES):
        assert "PolicyARN" not in autoscaling.put_scaling_policy(**policy)

    arn = autoscaling.put_scaling_policy(**policy)["PolicyARN"]
    assert arn == autoscaling.describe_policies()["ScalingPolicies"][0]["PolicyARN"]
