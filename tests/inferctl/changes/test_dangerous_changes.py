"""Each kind of dangerous change, made to a synthesized platform, is found and named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from inferctl.changes.assembly import Assembly
from inferctl.changes.platform_changes import platform_changes
from tests.support.template_changes import GONE, Change, add, both, changed, drop, put, rename

_MODEL, _CONFIG = "AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig"
_ENDPOINT, _TARGET = "AWS::SageMaker::Endpoint", "AWS::ApplicationAutoScaling::ScalableTarget"
_BUCKET, _KEY, _LOG = "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Logs::LogGroup"
_SERVICE, _TASK = "AWS::ECS::Service", "AWS::ECS::TaskDefinition"
_POOL, _LAUNCH = "AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::LaunchTemplate"
_GROUP, _ROLE, _POLICY = "AWS::EC2::SecurityGroup", "AWS::IAM::Role", "AWS::IAM::Policy"
_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_BUCKET_POLICY, _VPC = "AWS::S3::BucketPolicy", "AWS::EC2::VPC"
_PROVIDER, _SUBNET = "AWS::ECS::CapacityProvider", "AWS::EC2::Subnet"
_INSTANCE, _INTERFACE = "AWS::EC2::Instance", "AWS::EC2::VPCEndpoint"
_STATEMENTS = "PolicyDocument/Statement"
_ALLOW = {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::else/*"}
_OPEN = {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
_TRUST = "AssumeRolePolicyDocument/Statement"
_ROLLING = {"AutoScalingRollingUpdate": {"MaxBatchSize": 2, "MinInstancesInService": 0}}
_SPOT = {"OnDemandBaseCapacity": 0, "OnDemandPercentageAboveBaseCapacity": 0}
_ANYONE = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Principal": "*",
    "Resource": "arn:aws:s3:::x/*",
}
_OTHER_ACCOUNT = {
    "Effect": "Allow",
    "Action": "kms:Decrypt",
    "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
    "Resource": "*",
}
_POLICY_OF_ENDPOINT = {"Statement": [{**_ANYONE, "Action": "s3:*", "Resource": "*"}]}


class Case(NamedTuple):
    """A change of one platform, and what has to be found of it."""

    name: str
    platform: str
    change: Change
    kind: str
    text: str


def _public_route(templates: Any) -> None:
    network = templates["prod-network"]["Resources"]
    tables = [name for name in network if "PrivateSubnet1RouteTable" in name]
    table = next(name for name in tables if network[name]["Type"] == "AWS::EC2::RouteTable")
    (gateway,) = (n for n in network if network[n]["Type"] == "AWS::EC2::InternetGateway")
    network["Opened"] = {
        "Type": "AWS::EC2::Route",
        "Properties": {
            "DestinationCidrBlock": "203.0.113.0/24",
            "RouteTableId": {"Ref": table},
            "GatewayId": {"Ref": gateway},
        },
    }


def _instance_type(templates: Any) -> None:
    put(_CONFIG, "ProductionVariants/0/InstanceType", "ml.g5.xlarge")(templates)


def _drop_stack(templates: Any) -> None:
    del templates["prod-endpoint"]


def _drop_export(templates: Any) -> None:
    outputs = templates["prod-network"]["Outputs"]
    del outputs[next(name for name in outputs if "PrivateSubnet1" in name)]


CASES = (
    # deleted and made anew
    Case("bucket renamed", "prod", rename(_BUCKET, "StoreBucket"), "destroy", "in its place"),
    Case("key renamed", "dev", rename(_KEY, "StoreKey"), "destroy", "in its place"),
    Case("log group renamed", "dev", rename(_LOG, "FleetLog"), "destroy", "its logs are lost"),
    Case("vpc renamed", "prod", rename(_VPC), "destroy", "in its place"),
    Case("endpoint renamed", "prod", rename(_ENDPOINT), "destroy", "callers get errors"),
    Case("bucket removed", "dev", drop(_BUCKET, "StoreBucket"), "destroy", "its objects are lost"),
    Case("kept bucket removed", "prod", drop(_BUCKET, "StoreBucket"), "destroy", "nobody manages"),
    Case("pool removed", "dev", drop(_POOL, "inf2"), "destroy", "its hosts are terminated"),
    Case("service removed", "dev", drop(_SERVICE, "Resnet50"), "destroy", "its tasks stop"),
    Case("address removed", "prod", drop("AWS::EC2::EIP"), "destroy", "its address is lost"),
    Case("stack removed", "prod", _drop_stack, "destroy", "`cdk deploy` leaves it"),
    Case("endpoint's name", "prod", put(_ENDPOINT, "EndpointName", "other"), "replace", "other"),
    Case("network's range", "prod", put(_VPC, "CidrBlock", "10.9.0.0/16"), "replace", "10.9"),
    Case(
        "network's range, inside",
        "prod",
        put(_VPC, "CidrBlock", "10.9.0.0/16"),
        "replace",
        "there is a new NetworkVpc",
    ),
    Case(
        "bucket's name", "dev", put(_BUCKET, "BucketName", "mine"), "destroy", "old one is deleted"
    ),
    Case("host's image", "comparison", put(_INSTANCE, "ImageId", "ami-1"), "replace", "ami-1"),
    Case(
        "host's disk",
        "comparison",
        put(_INSTANCE, "BlockDeviceMappings/0/Ebs/VolumeSize", 8),
        "replace",
        "may be replaced",
    ),
    Case(
        "balancer's kind", "dev", put(_BALANCER, "Type", "network", "Resnet50"), "replace", "Type"
    ),
    Case("cluster's name", "dev", put("AWS::ECS::Cluster", "ClusterName", "c"), "destroy", "stops"),
    Case(
        "fleet's prefix", "prod", put("Custom::ModelFleet", "Prefix", "new/"), "replace", "Prefix"
    ),
    Case(
        "objects expire",
        "prod",
        put(_BUCKET, "LifecycleConfiguration/Rules/0/ExpirationInDays", 3, "StoreAccessLog"),
        "destroy",
        "deletes objects after 3 days, not 365",
    ),
    # refused
    Case("instance type while scaled", "prod", _instance_type, "refuse", ""),
    Case(
        "function behind a resource",
        "prod",
        put("Custom::ModelFleet", "ServiceToken", "arn:aws:lambda:us-east-1:1:function:x"),
        "refuse",
        "ServiceToken",
    ),
    Case("type of a resource", "prod", put(_LOG, ".Type", "AWS::SNS::Topic"), "refuse", ""),
    Case("export in use", "prod", _drop_export, "refuse", ""),
    Case(
        "exported subnet",
        "prod",
        put(_SUBNET, "CidrBlock", "10.0.99.0/24", "PrivateSubnet1"),
        "refuse",
        "",
    ),
    # interrupted
    Case(
        "image of the endpoint",
        "prod",
        put(_MODEL, "PrimaryContainer/Image", "x:1"),
        "interrupt",
        "all-at-once",
    ),
    Case(
        "environment of the endpoint",
        "prod",
        put(_MODEL, "PrimaryContainer/Environment/A", "1"),
        "interrupt",
        "no model loaded",
    ),
    Case(
        "variant's instances",
        "dev",
        put(_CONFIG, "ProductionVariants/0/InferenceAmiVersion", "x"),
        "interrupt",
        "new fleet",
    ),
    Case(
        "hosts rolled",
        "dev",
        both(
            put(_POOL, ".UpdatePolicy", _ROLLING, "inf2"),
            put(_LAUNCH, "LaunchTemplateData/InstanceType", "inf2.8xlarge", "inf2"),
        ),
        "interrupt",
        "2 at a time with 0 kept",
    ),
    Case(
        "tasks stopped first",
        "laptop",
        both(
            put(_TASK, "ContainerDefinitions/0/Image", "x:1", "Resnet50"),
            put(_SERVICE, "DesiredCount", 1, "Resnet50"),
            put(_SERVICE, "DeploymentConfiguration/MinimumHealthyPercent", 0, "Resnet50"),
        ),
        "interrupt",
        "all its tasks at once",
    ),
    Case(
        "service scaled to nothing",
        "comparison",
        put(_SERVICE, "DesiredCount", 0),
        "interrupt",
        "runs 0 tasks",
    ),
    Case(
        "port of a listener", "dev", put(_LISTENER, "Port", 81, "Resnet50"), "interrupt", "80 -> 81"
    ),
    Case(
        "host's type",
        "comparison",
        put(_INSTANCE, "InstanceType", "g5.xlarge"),
        "interrupt",
        "stopped and started",
    ),
    Case(
        "more Spot",
        "dev",
        put(_POOL, "MixedInstancesPolicy/InstancesDistribution", _SPOT, "inf2"),
        "interrupt",
        "Spot hosts",
    ),
    Case("key disabled", "prod", put(_KEY, "Enabled", False), "interrupt", "disabled"),
    Case(
        "names of endpoints",
        "dev",
        put(_INTERFACE, "PrivateDnsEnabled", False, "Sagemaker"),
        "interrupt",
        "not found by",
    ),
    Case(
        "zone of an interface",
        "dev",
        put(_INTERFACE, "SubnetIds/1", GONE, "Sagemaker"),
        "interrupt",
        "SubnetIds loses",
    ),
    Case(
        "function never runs",
        "prod",
        put("AWS::Lambda::Function", "ReservedConcurrentExecutions", 0),
        "interrupt",
        "never runs",
    ),
    # permissions
    Case(
        "statement added",
        "prod",
        put(_POLICY, f"{_STATEMENTS}/0", _ALLOW, "EndpointRole"),
        "iam",
        "may s3:DeleteObject on arn:aws:s3:::else/*",
    ),
    Case(
        "action widened",
        "prod",
        put(_POLICY, f"{_STATEMENTS}/0/Action", "s3:*", "EndpointRole"),
        "iam",
        "wildcard: may s3:*",
    ),
    Case(
        "resource widened",
        "prod",
        put(_POLICY, f"{_STATEMENTS}/0/Resource", "*", "EndpointRole"),
        "iam",
        "wildcard: may s3:GetObject on *",
    ),
    Case(
        "condition removed",
        "prod",
        put(_POLICY, f"{_STATEMENTS}/1/Condition", GONE, "EndpointRole"),
        "iam",
        "may s3:ListBucket",
    ),
    Case(
        "trust widened",
        "prod",
        put(
            _ROLE,
            f"{_TRUST}/0/Principal",
            {"AWS": "arn:aws:iam::999999999999:root"},
            "EndpointRole",
        ),
        "iam",
        "assumed by AWS arn:aws:iam::999999999999:root",
    ),
    Case(
        "anyone trusted",
        "prod",
        put(_ROLE, f"{_TRUST}/0/Principal", {"AWS": "*"}, "EndpointRole"),
        "iam",
        "wildcard: may be assumed by *",
    ),
    Case(
        "managed policy",
        "prod",
        put(
            _ROLE, "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"], "Endpoint"
        ),
        "iam",
        "AdministratorAccess",
    ),
    Case(
        "new role",
        "prod",
        both(
            add(
                "-endpoint",
                "R",
                _ROLE,
                {
                    "AssumeRolePolicyDocument": {
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": "sts:AssumeRole",
                                "Principal": {"Service": "x.amazonaws.com"},
                            }
                        ]
                    }
                },
            ),
            add(
                "-endpoint",
                "P",
                _POLICY,
                {"Roles": [{"Ref": "R"}], "PolicyDocument": {"Statement": [_ALLOW]}},
            ),
        ),
        "iam",
        "is new and may s3:DeleteObject",
    ),
    Case(
        "deny of plain text removed",
        "prod",
        put(_BUCKET_POLICY, f"{_STATEMENTS}/0", GONE, "AccessLog"),
        "iam",
        "denied no more",
    ),
    Case(
        "bucket policy removed", "prod", drop(_BUCKET_POLICY, "AccessLog"), "iam", "denied no more"
    ),
    Case(
        "bucket open to anyone",
        "prod",
        put(_BUCKET_POLICY, f"{_STATEMENTS}/3", _ANYONE, "AccessLog"),
        "iam",
        "wildcard: * may s3:GetObject",
    ),
    Case(
        "key for another account",
        "prod",
        put(_KEY, "KeyPolicy/Statement/1", _OTHER_ACCOUNT),
        "iam",
        "999999999999",
    ),
    Case(
        "negation",
        "prod",
        put(
            _POLICY,
            f"{_STATEMENTS}/0",
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            "EndpointRole",
        ),
        "iam",
        "all but",
    ),
    Case(
        "another identity",
        "dev",
        put(_TASK, "TaskRoleArn", {"Fn::GetAtt": ["MinilmServiceRole", "Arn"]}, "Resnet50"),
        "iam",
        "runs under another identity",
    ),
    # doors
    Case(
        "port opened",
        "prod",
        put(_GROUP, "SecurityGroupIngress", [_OPEN], "Endpoint"),
        "network",
        "the whole internet",
    ),
    Case(
        "range widened",
        "dev",
        put(_GROUP, "SecurityGroupIngress/0/CidrIp", "10.0.0.0/8", "InterfaceEndpoints"),
        "network",
        "from 10.0.0.0/8",
    ),
    Case(
        "ports widened",
        "dev",
        put(_GROUP, "SecurityGroupIngress/0/FromPort", 80, "InterfaceEndpoints"),
        "network",
        "tcp 80-443",
    ),
    Case(
        "everything out",
        "dev",
        put(_GROUP, "SecurityGroupEgress", GONE, "inf1SecurityGroup"),
        "network",
        "everything to 0.0.0.0/0",
    ),
    Case("subnet becomes public", "prod", _public_route, "network", "becomes public"),
    Case(
        "public addresses", "prod", put(_SUBNET, "MapPublicIpOnLaunch", True), "network", "public"
    ),
    Case(
        "balancer for everyone",
        "dev",
        put(_BALANCER, "Scheme", "internet-facing", "Resnet50"),
        "network",
        "faces the internet",
    ),
    Case(
        "endpoint policy removed",
        "dev",
        put(_INTERFACE, "PolicyDocument", GONE, "S3"),
        "network",
        "its policy is gone",
    ),
    Case(
        "peering",
        "prod",
        add("-network", "Peer", "AWS::EC2::VPCPeeringConnection"),
        "network",
        "peering",
    ),
    Case(
        "isolation off",
        "prod",
        put(_MODEL, "EnableNetworkIsolation", False),
        "network",
        "network calls of its own",
    ),
    Case(
        "out of the network",
        "prod",
        put(_MODEL, "VpcConfig", GONE),
        "network",
        "leaves the network",
    ),
    Case(
        "behind another group",
        "prod",
        put(_MODEL, "VpcConfig/SecurityGroupIds", ["sg-1"]),
        "network",
        "other groups",
    ),
    # safeguards
    Case("flow log removed", "prod", drop("AWS::EC2::FlowLog"), "protection", "not recorded"),
    Case(
        "public access allowed",
        "prod",
        put(_BUCKET, "PublicAccessBlockConfiguration/BlockPublicPolicy", False),
        "protection",
        "BlockPublicPolicy",
    ),
    Case(
        "encryption removed",
        "prod",
        put(_BUCKET, "BucketEncryption", GONE),
        "protection",
        "encryption",
    ),
    Case("rotation off", "prod", put(_KEY, "EnableKeyRotation", False), "protection", "rotated"),
    Case(
        "bucket kept no more",
        "prod",
        put(_BUCKET, ".DeletionPolicy", "Delete"),
        "protection",
        "DeletionPolicy is Delete",
    ),
    Case(
        "logs kept shorter",
        "prod",
        put(_LOG, "RetentionInDays", 1, "FleetLog"),
        "protection",
        "for 1 days, not 30",
    ),
    Case(
        "fleet not retained",
        "prod",
        put("Custom::ModelFleet", "Retain", "false"),
        "protection",
        "deletes its index",
    ),
    Case(
        "credentials without token",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/MetadataOptions/HttpTokens", "optional", "inf1"),
        "protection",
        "IMDSv1",
    ),
    Case(
        "credentials for containers",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/MetadataOptions/HttpPutResponseHopLimit", 2, "inf1"),
        "protection",
        "HopLimit",
    ),
    Case(
        "disk in plain text",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/BlockDeviceMappings/0/Ebs/Encrypted", False, "inf1"),
        "protection",
        "not encrypted",
    ),
    Case(
        "privileged container",
        "dev",
        put(_TASK, "ContainerDefinitions/0/Privileged", True),
        "protection",
        "privileged",
    ),
    Case(
        "no circuit breaker",
        "dev",
        put(_SERVICE, "DeploymentConfiguration/DeploymentCircuitBreaker/Enable", False),
        "protection",
        "failing deployment",
    ),
    Case(
        "hosts of tasks",
        "dev",
        put(_PROVIDER, "AutoScalingGroupProvider/ManagedTerminationProtection", "DISABLED"),
        "protection",
        "terminate hosts",
    ),
    # room
    Case("fewer instances at least", "prod", put(_TARGET, "MinCapacity", 1), "capacity", "keeps 1"),
    Case(
        "fewer instances at most",
        "dev",
        put(_POOL, "MaxSize", "1", "inf2"),
        "capacity",
        "grows to 1",
    ),
    Case(
        "scaling removed",
        "prod",
        both(drop("AWS::ApplicationAutoScaling::ScalingPolicy"), drop(_TARGET)),
        "capacity",
        "scales no more",
    ),
    Case(
        "another instance type",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/InstanceType", "inf1.xlarge", "inf1"),
        "capacity",
        "runs on inf1.xlarge",
    ),
)


def _prepared(side: Assembly, case: Case) -> Assembly:
    """What a few changes need to be there first."""
    if case.name == "endpoint policy removed":
        return changed(side, put(_INTERFACE, "PolicyDocument", _POLICY_OF_ENDPOINT, "S3"))
    if case.name == "tasks stopped first":
        return changed(
            side,
            both(
                put(_SERVICE, "DesiredCount", 1, "Resnet50"),
                put(_SERVICE, "DeploymentConfiguration/MinimumHealthyPercent", 0, "Resnet50"),
            ),
        )
    if case.name == "more Spot":
        place = "MixedInstancesPolicy/InstancesDistribution/OnDemandBaseCapacity"
        return changed(side, put(_POOL, place, 1, "inf2"))
    if case.name == "hosts rolled":
        return changed(side, put(_POOL, ".UpdatePolicy", _ROLLING, "inf2"))
    return side


def test_the_table_is_long_enough_and_names_nothing_twice() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.kind for case in CASES} == {
        *("refuse", "destroy", "replace", "interrupt", "iam", "network", "protection", "capacity"),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_dangerous_change_is_found(case: Case, synthesized: Mapping[str, Assembly]) -> None:
    before = _prepared(synthesized[case.platform], case)

    found = platform_changes(before, changed(before, case.change)).findings

    same_kind = [finding for finding in found if finding.kind == case.kind]
    assert [each for each in same_kind if case.text in each.text], [f.text for f in found]
