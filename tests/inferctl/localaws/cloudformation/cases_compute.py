"""Launch templates, instances, Auto Scaling groups and what scales them."""

from __future__ import annotations

from typing import Any

from .parts import GROUP, ROLE, SUBNET, TOPIC, VPC, Case, ref, resource, tags

AMI = "ami-0abcdef1234567890"
NETWORK = {"Vpc": VPC, "Sub": SUBNET, "Group": GROUP}
PROFILE = resource("AWS::IAM::InstanceProfile", Roles=[ref("Role")])


def template(**data: Any) -> dict[str, Any]:
    return resource(
        "AWS::EC2::LaunchTemplate",
        LaunchTemplateData={"ImageId": AMI, "InstanceType": "inf2.xlarge", **data},
    )


def launched(name: str, version: str = "LatestVersionNumber") -> dict[str, Any]:
    return {"LaunchTemplateId": ref(name), "Version": ref(name, version)}


def mixed(on_demand: int) -> dict[str, Any]:
    return {
        "InstancesDistribution": {
            "OnDemandBaseCapacity": on_demand,
            "OnDemandPercentageAboveBaseCapacity": 0,
            "SpotAllocationStrategy": "price-capacity-optimized",
        },
        "LaunchTemplate": {
            "LaunchTemplateSpecification": launched("Template"),
            "Overrides": [{"InstanceType": "inf2.xlarge"}],
        },
    }


TEMPLATE = template()
FLEET = {**NETWORK, "Template": TEMPLATE}
AUTO_SCALING_GROUP = resource(
    "AWS::AutoScaling::AutoScalingGroup",
    MinSize="1",
    MaxSize="2",
    LaunchTemplate=launched("Template"),
    VPCZoneIdentifier=[ref("Sub")],
)
AUTO_SCALING_GROUP["UpdatePolicy"] = {
    "AutoScalingScheduledAction": {"IgnoreUnmodifiedGroupSizeProperties": True}
}
SCALED = {**FLEET, "Asg": AUTO_SCALING_GROUP}
INSTANCE = resource("AWS::EC2::Instance", ImageId=AMI, InstanceType="inf1.xlarge")
INSTANCE["Properties"] |= {"SubnetId": ref("Sub"), "SecurityGroupIds": [ref("Group", "GroupId")]}

# what is under test, what it needs, the changed properties, whether they replace it
CASES: list[Case] = [
    (
        resource("AWS::IAM::InstanceProfile", Roles=[ref("Role")]),
        {"Role": ROLE, "Other": ROLE},
        {"Roles": [ref("Other")]},
        False,
    ),
    (resource("AWS::IAM::InstanceProfile", Roles=[]), {}, {"Path": "/fleet/"}, True),
    (
        TEMPLATE,
        {},
        {
            "LaunchTemplateData": {"ImageId": AMI, "InstanceType": "inf2.8xlarge"},
            "TagSpecifications": [{"ResourceType": "launch-template", "Tags": tags(a="b")}],
        },
        False,
    ),
    (TEMPLATE, {}, {"LaunchTemplateName": "named"}, True),
    (
        INSTANCE,
        {**NETWORK, "Other": GROUP},
        {
            "InstanceType": "inf1.2xlarge",
            "SecurityGroupIds": [ref("Other", "GroupId")],
            "SourceDestCheck": False,
            "UserData": "ZWNobyAx",
            "Tags": tags(a="b"),
        },
        False,
    ),
    (
        INSTANCE,
        {**NETWORK, "Role": ROLE, "Profile": PROFILE},
        {"IamInstanceProfile": ref("Profile"), "Monitoring": True},
        True,
    ),
    (
        AUTO_SCALING_GROUP,
        {**FLEET, "Topic": TOPIC},
        {
            "MaxSize": "4",
            "DesiredCapacity": "2",
            "Cooldown": "60",
            "DefaultInstanceWarmup": 30,
            "MetricsCollection": [{"Granularity": "1Minute"}],
            "LifecycleHookSpecificationList": [
                {
                    "LifecycleHookName": "drain",
                    "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
                }
            ],
            "NotificationConfigurations": [
                {
                    "TopicARN": ref("Topic"),
                    "NotificationTypes": ["autoscaling:EC2_INSTANCE_LAUNCH"],
                }
            ],
            "Tags": [{"Key": "a", "Value": "b", "PropagateAtLaunch": True}],
        },
        False,
    ),
    (
        {
            **AUTO_SCALING_GROUP,
            "Properties": {
                "MinSize": "0",
                "MaxSize": "4",
                "MixedInstancesPolicy": mixed(0),
                "VPCZoneIdentifier": [ref("Sub")],
            },
        },
        FLEET,
        {"MixedInstancesPolicy": mixed(1), "CapacityRebalance": True},
        False,
    ),
    (AUTO_SCALING_GROUP, FLEET, {"AutoScalingGroupName": "fleet"}, True),
    (
        resource(
            "AWS::AutoScaling::ScalingPolicy",
            AutoScalingGroupName=ref("Asg"),
            PolicyType="TargetTrackingScaling",
            TargetTrackingConfiguration={
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ASGAverageCPUUtilization"
                },
                "TargetValue": 50,
            },
        ),
        SCALED,
        {
            "TargetTrackingConfiguration": {
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ASGAverageCPUUtilization"
                },
                "TargetValue": 60.5,
            }
        },
        False,
    ),
    (
        resource(
            "AWS::AutoScaling::ScheduledAction",
            AutoScalingGroupName=ref("Asg"),
            MinSize=1,
            Recurrence="0 8 * * *",
        ),
        SCALED,
        {"MinSize": "0", "TimeZone": "Europe/Vilnius"},
        False,
    ),
    (
        resource(
            "AWS::AutoScaling::LifecycleHook",
            AutoScalingGroupName=ref("Asg"),
            LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
            NotificationTargetARN=ref("Topic"),
            RoleARN=ref("Role", "Arn"),
        ),
        {**SCALED, "Topic": TOPIC, "Role": ROLE},
        {"HeartbeatTimeout": 120, "DefaultResult": "CONTINUE"},
        False,
    ),
]
