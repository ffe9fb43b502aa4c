"""What changes often and endangers nothing gives no finding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from inferctl.changes.assembly import Assembly
from inferctl.changes.platform_changes import platform_changes
from tests.support.template_changes import (
    GONE,
    Change,
    add,
    both,
    changed,
    drop,
    everywhere,
    find,
    put,
    rename,
    resource,
)

_FUNCTION, _POLICY = "AWS::Lambda::Function", "AWS::IAM::Policy"
_SERVICE, _TASK = "AWS::ECS::Service", "AWS::ECS::TaskDefinition"
_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_SCALING = "AWS::ApplicationAutoScaling::ScalingPolicy"
_LOG, _GROUP, _BUCKET = "AWS::Logs::LogGroup", "AWS::EC2::SecurityGroup", "AWS::S3::Bucket"
_POOL = "AWS::AutoScaling::AutoScalingGroup"
_WATCH, _ENDPOINT = "AWS::CloudWatch::Alarm", "AWS::SageMaker::Endpoint"
_TOPIC_POLICY = "AWS::SNS::TopicPolicy"
_ALARMS = "PolicyDocument/Statement/1/Condition/ArnLike/aws:SourceArn"
_OWN_ALARMS = {"Fn::Sub": "arn:aws:cloudwatch:us-east-1:${AWS::AccountId}:alarm:prod-*"}
_DENY = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
_CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
            "WaitIntervalInSeconds": 600,
        }
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]},
}
_DIGEST = "0" * 64
_ALARM = {
    "Namespace": "AWS/SageMaker",
    "MetricName": "Invocation4XXErrors",
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
}


class Case(NamedTuple):
    """A change of one platform that nobody has to be told of."""

    name: str
    platform: str
    change: Change


def _reorder_statements(templates: Any) -> None:
    resource(templates, _POLICY, "EndpointRole")["Properties"]["PolicyDocument"][
        "Statement"
    ].reverse()


def _split_policy(templates: Any) -> None:
    """The same statements in two policies of the same role."""
    stack, logical_id = find(templates, _POLICY, "EndpointRole")
    whole = templates[stack]["Resources"][logical_id]
    other = json.loads(json.dumps(whole))
    statements = whole["Properties"]["PolicyDocument"]["Statement"]
    other["Properties"]["PolicyDocument"]["Statement"] = [statements.pop()]
    templates[stack]["Resources"]["SecondPolicy"] = other


def _narrower(templates: Any) -> None:
    found = resource(templates, _POLICY, "EndpointRole")
    found["Properties"]["PolicyDocument"]["Statement"].pop()


def _rule_beside_its_group(templates: Any) -> None:
    """A rule that stood in its group stands alone now."""
    stack, group = find(templates, _GROUP, "InterfaceEndpoints")
    properties = templates[stack]["Resources"][group]["Properties"]
    (rule,) = properties.pop("SecurityGroupIngress")
    templates[stack]["Resources"]["Alone"] = {
        "Type": "AWS::EC2::SecurityGroupIngress",
        "Properties": {**rule, "GroupId": {"Fn::GetAtt": [group, "GroupId"]}},
    }


def _texts_for_numbers(templates: Any) -> None:
    found = resource(templates, _TARGET)["Properties"]
    found["MinCapacity"], found["MaxCapacity"] = "2", "5"
    resource(templates, "AWS::KMS::Key")["Properties"]["EnableKeyRotation"] = "true"


def _metadata(templates: Any) -> None:
    for template in templates.values():
        template["Description"] = "another one"
        for each in template["Resources"].values():
            each["Metadata"] = {"aws:cdk:path": "moved/there"}


def _order_of_resources(templates: Any) -> None:
    for template in templates.values():
        template["Resources"] = dict(reversed(template["Resources"].items()))


def _digest(templates: Any) -> str:
    code: str = resource(templates, _FUNCTION, "OnEvent")["Properties"]["Code"]["S3Key"]
    return code.removesuffix(".zip")


def _new_code(templates: Any) -> None:
    everywhere(_digest(templates), _DIGEST)(templates)


CASES = (
    Case("code of a function", "prod", _new_code),
    Case("code that a role may read", "laptop", _new_code),
    Case("memory of a function", "prod", put(_FUNCTION, "MemorySize", 3008, "OnEvent")),
    Case("runtime of a function", "prod", put(_FUNCTION, "Runtime", "python3.15", "OnEvent")),
    Case("tag", "prod", put(_BUCKET, "Tags", [{"Key": "team", "Value": "search"}])),
    Case("descriptions and paths", "prod", _metadata),
    Case("order of resources", "prod", _order_of_resources),
    Case("order of dependencies", "prod", put("AWS::SageMaker::Endpoint", ".DependsOn", [])),
    Case("order of statements", "prod", _reorder_statements),
    Case("statements split over policies", "prod", _split_policy),
    Case("policy under another name", "prod", rename(_POLICY, "EndpointRole")),
    Case("fewer permissions", "prod", _narrower),
    Case(
        "narrower action",
        "prod",
        put(_POLICY, "PolicyDocument/Statement/0/Action", ["s3:GetObject"], "EndpointRole"),
    ),
    Case(
        "narrower resource",
        "prod",
        put(_POLICY, "PolicyDocument/Statement/4/Condition/StringEquals/x:y", "z", "EndpointRole"),
    ),
    Case(
        "narrower pattern",
        "prod",
        put(_TOPIC_POLICY, _ALARMS, _OWN_ALARMS, "Topic"),
    ),
    Case("denied more", "prod", put(_POLICY, "PolicyDocument/Statement/5", _DENY, "EndpointRole")),
    Case("alarm at a lower threshold", "prod", put(_WATCH, "Threshold", 0.5, "EndpointErrors")),
    Case("alarm told to one more", "prod", put(_WATCH, "AlarmActions/1", "arn:other")),
    Case("alarm described otherwise", "prod", put(_WATCH, "AlarmDescription", "x")),
    Case("canary before all", "prod", put(_ENDPOINT, "DeploymentConfig", _CANARY)),
    Case("longer drain", "dev", put("Custom::CapacityPool", "DrainMinutes", "60")),
    Case("more patience", "dev", put(_SERVICE, "HealthCheckGracePeriodSeconds", 900, "Resnet50")),
    Case(
        "tags of hosts",
        "dev",
        put("AWS::EC2::LaunchTemplate", "LaunchTemplateData/TagSpecifications", []),
    ),
    Case("rule beside its group", "dev", _rule_beside_its_group),
    Case(
        "narrower range",
        "dev",
        put(_GROUP, "SecurityGroupIngress/0/CidrIp", "10.0.1.0/24", "InterfaceEndpoints"),
    ),
    Case(
        "description of a rule",
        "dev",
        put(_GROUP, "SecurityGroupIngress/0/Description", "HTTPS", "InterfaceEndpoints"),
    ),
    Case("logs kept longer", "prod", put(_LOG, "RetentionInDays", 90, "FleetLog")),
    Case("logs kept for ever", "prod", put(_LOG, "RetentionInDays", GONE, "FleetLog")),
    Case("bucket kept", "dev", put(_BUCKET, ".DeletionPolicy", "Retain")),
    Case("numbers as text", "prod", _texts_for_numbers),
    Case("more instances at most", "prod", put(_TARGET, "MaxCapacity", 8)),
    Case("more instances at least", "prod", put(_TARGET, "MinCapacity", 3)),
    Case(
        "target of scaling",
        "prod",
        put(_SCALING, "TargetTrackingScalingPolicyConfiguration/TargetValue", 50),
    ),
    Case("larger pool", "dev", put(_POOL, "MaxSize", "4", "inf2")),
    Case(
        "image of a service that rolls",
        "dev",
        put(_TASK, "ContainerDefinitions/0/Image", "repository:2", "Resnet50"),
    ),
    Case(
        "health check of a service",
        "dev",
        put("AWS::ElasticLoadBalancingV2::TargetGroup", "HealthCheckIntervalSeconds", 20),
    ),
    Case("more tasks", "comparison", put(_SERVICE, "DesiredCount", 2)),
    Case("alarm", "prod", add("-endpoint", "Alarm", "AWS::CloudWatch::Alarm", _ALARM)),
    Case("log group", "prod", add("-endpoint", "Log", _LOG, {"RetentionInDays": 30})),
    Case(
        "private bucket",
        "prod",
        add(
            "-endpoint",
            "Bucket",
            _BUCKET,
            {
                "PublicAccessBlockConfiguration": dict.fromkeys(
                    (
                        "BlockPublicAcls",
                        "BlockPublicPolicy",
                        "IgnorePublicAcls",
                        "RestrictPublicBuckets",
                    ),
                    True,
                )
            },
        ),
    ),
    Case(
        "closed group",
        "prod",
        add("-network", "Group", _GROUP, {"GroupDescription": "x", "SecurityGroupEgress": []}),
    ),
    Case("dashboard removed", "prod", drop("AWS::CloudWatch::Dashboard")),
    Case(
        "models published",
        "prod",
        both(
            put("Custom::ModelFleet", "ManifestDigest", _DIGEST),
            put("Custom::ModelFleet", "ManifestKey", f"{_DIGEST}.json"),
        ),
    ),
)


def test_the_table_is_long_enough_and_names_nothing_twice() -> None:
    assert len(CASES) >= 20
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_harmless_change_gives_no_finding(case: Case, synthesized: Mapping[str, Assembly]) -> None:
    before = synthesized[case.platform]
    after = changed(before, case.change)

    assert after.templates != before.templates or "order" in case.name
    assert [f"{f.kind}: {f.text}" for f in platform_changes(before, after).findings] == []


@pytest.mark.parametrize("platform", ["comparison", "dev", "laptop", "prod"])
def test_platform_that_did_not_change_is_empty(
    platform: str, synthesized: Mapping[str, Assembly]
) -> None:
    assert platform_changes(synthesized[platform], synthesized[platform]).is_empty
