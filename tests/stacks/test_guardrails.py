"""Rules that hold for every stack of every platform: least privilege, cdk-nag, cfn-lint."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from cfnlint.api import lint  # type: ignore[import-untyped]
from cfnlint.core import get_rules  # type: ignore[import-untyped]
from cfnlint.rules import RulesCollection  # type: ignore[import-untyped]

from stacks.application import build_app

# Actions that take no resource, with the page that says so.
_IAM = "https://docs.aws.amazon.com/service-authorization/latest/reference/list_"
WITHOUT_A_RESOURCE = {
    "autoscaling:DescribeAutoScalingGroups": f"{_IAM}amazonec2autoscaling.html",
    "autoscaling:DescribeAutoScalingInstances": f"{_IAM}amazonec2autoscaling.html",
    "batch:DescribeJobs": f"{_IAM}awsbatch.html",
    "cloudwatch:PutMetricData": f"{_IAM}amazoncloudwatch.html",
    "ec2:DescribeAvailabilityZones": f"{_IAM}amazonec2.html",
    "ec2:DescribeDhcpOptions": f"{_IAM}amazonec2.html",
    "ec2:DescribeInstanceTypeOfferings": f"{_IAM}amazonec2.html",
    "ec2:DescribeInstanceTypes": f"{_IAM}amazonec2.html",
    "ec2:DescribeInstances": f"{_IAM}amazonec2.html",
    "ec2:DescribeLaunchTemplates": f"{_IAM}amazonec2.html",
    "ec2:DescribeNetworkInterfaces": f"{_IAM}amazonec2.html",
    "ec2:DescribeSecurityGroups": f"{_IAM}amazonec2.html",
    "ec2:DescribeSubnets": f"{_IAM}amazonec2.html",
    "ec2:DescribeVpcs": f"{_IAM}amazonec2.html",
    "ecr:GetAuthorizationToken": f"{_IAM}amazonelasticcontainerregistry.html",
    "ecs:DiscoverPollEndpoint": f"{_IAM}amazonelasticcontainerservice.html",
    "elasticloadbalancing:DescribeListeners": f"{_IAM}awselasticloadbalancingv2.html",
    "elasticloadbalancing:DescribeRules": f"{_IAM}awselasticloadbalancingv2.html",
    "elasticloadbalancing:DescribeTargetGroups": f"{_IAM}awselasticloadbalancingv2.html",
    "elasticloadbalancing:DescribeTargetHealth": f"{_IAM}awselasticloadbalancingv2.html",
    # An accelerator has a name of its own, which EC2 makes up when it attaches it.
    "elastic-inference:Connect": f"{_IAM}amazonelasticinference.html",
    "ssmmessages:CreateControlChannel": f"{_IAM}amazonsessionmanagermessagegatewayservice.html",
    "ssmmessages:CreateDataChannel": f"{_IAM}amazonsessionmanagermessagegatewayservice.html",
    "ssmmessages:OpenControlChannel": f"{_IAM}amazonsessionmanagermessagegatewayservice.html",
    "ssmmessages:OpenDataChannel": f"{_IAM}amazonsessionmanagermessagegatewayservice.html",
    # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    "logs:CreateLogDelivery": f"{_IAM}amazoncloudwatchlogs.html",
    "logs:DeleteLogDelivery": f"{_IAM}amazoncloudwatchlogs.html",
    "logs:DescribeLogGroups": f"{_IAM}amazoncloudwatchlogs.html",
    "logs:DescribeResourcePolicies": f"{_IAM}amazoncloudwatchlogs.html",
    "logs:GetLogDelivery": f"{_IAM}amazoncloudwatchlogs.html",
    "logs:ListLogDeliveries": f"{_IAM}amazoncloudwatchlogs.html",
    "logs:PutResourcePolicy": f"{_IAM}amazoncloudwatchlogs.html",
    "logs:UpdateLogDelivery": f"{_IAM}amazoncloudwatchlogs.html",
    "xray:GetSamplingRules": f"{_IAM}awsx-ray.html",
    "xray:GetSamplingTargets": f"{_IAM}awsx-ray.html",
    "xray:PutTelemetryRecords": f"{_IAM}awsx-ray.html",
    "xray:PutTraceSegments": f"{_IAM}awsx-ray.html",
}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _allowed(synthesized: Any) -> Iterator[dict[str, Any]]:
    """Every statement of every identity policy that allows something."""
    for template in synthesized.templates.values():
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
                documents = [properties["PolicyDocument"]]
            elif resource["Type"] == "AWS::IAM::Role":
                documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
            else:
                continue
            for document in documents:
                yield from (s for s in document["Statement"] if s["Effect"] == "Allow")


def test_no_action_is_a_wildcard(any_platform: Any) -> None:
    actions = {a for statement in _allowed(any_platform) for a in _as_list(statement["Action"])}

    assert actions
    assert {action for action in actions if "*" in action} == set()


def test_resource_star_is_left_to_actions_that_take_no_resource(any_platform: Any) -> None:
    for statement in _allowed(any_platform):
        if "*" in _as_list(statement["Resource"]):
            assert set(_as_list(statement["Action"])) <= set(WITHOUT_A_RESOURCE)


def test_every_arn_and_registry_is_of_the_platforms_own_partition(
    china: Any,
    china_comparison: Any,
    china_compiling: Any,
    china_fleet: Any,
    comparison: Any,
    compiling: Any,
    fleet: Any,
    govcloud: Any,
    laptop: Any,
) -> None:
    for synthesized, partition, suffix in (
        (laptop, "aws", "amazonaws.com"),
        (fleet, "aws", "amazonaws.com"),
        (compiling, "aws", "amazonaws.com"),
        (china, "aws-cn", "amazonaws.com.cn"),
        (china_compiling, "aws-cn", "amazonaws.com.cn"),
        (china_fleet, "aws-cn", "amazonaws.com.cn"),
        (comparison, "aws", "amazonaws.com"),
        (china_comparison, "aws-cn", "amazonaws.com.cn"),
        (govcloud, "aws-us-gov", "amazonaws.com"),
    ):
        text = json.dumps(synthesized.templates)

        assert set(re.findall(r"arn:(aws[a-z-]*):", text)) == {partition}
        registries = set(re.findall(r"\.dkr\.ecr\.[a-z0-9-]+\.([a-z.]+)/", text))
        assert registries <= {suffix}


def test_published_metrics_are_held_to_one_namespace(laptop: Any) -> None:
    (statement,) = (
        s for s in _allowed(laptop) if "cloudwatch:PutMetricData" in _as_list(s["Action"])
    )

    assert statement["Condition"] == {
        "StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/Endpoints"}
    }


def test_no_role_carries_a_managed_policy(any_platform: Any) -> None:
    for template in any_platform.templates.values():
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::IAM::Role":
                assert "ManagedPolicyArns" not in resource["Properties"]


def test_cdk_nag_finds_nothing_unacknowledged(any_platform: Any) -> None:
    report = json.loads((any_platform.directory / "validation-report.json").read_text())

    findings = [
        violation["ruleName"]
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        if plugin["pluginName"] == "AwsSolutions"
    ]
    assert findings == []


def _acknowledgements(directory: Path) -> Iterator[tuple[str, str]]:
    for file in directory.glob("*.metadata.json"):
        for entries in json.loads(file.read_text()).values():
            for entry in entries:
                if entry["type"] == "aws:cdk:acknowledged-rules":
                    yield from entry["data"].items()


def test_every_acknowledgement_has_a_reason(any_platform: Any) -> None:
    acknowledged = list(_acknowledgements(any_platform.directory))

    if "endpoint" in any_platform.templates:
        assert any("AwsSolutions-SF1" in rule for rule, _ in acknowledged)
    for rule, reason in acknowledged:
        assert len(reason.split()) >= 8, rule


def test_an_unacknowledged_finding_stops_the_synthesis(
    laptop: Any, context: dict[str, Any], tmp_path: Path
) -> None:
    app = build_app(laptop.platform, context=context, outdir=tmp_path)
    s3.Bucket(cdk.Stack(app, "Open"), "Plain")

    with pytest.raises(RuntimeError, match="server access logs disabled"):
        app.synth()


@pytest.fixture(scope="module")
def cfn_lint_rules() -> RulesCollection:
    # Loaded once: it costs more than linting a template.
    return get_rules(append_rules=[], ignore_rules=[], include_rules=[])


def _cfn_lint(template: str, region: str, rules: RulesCollection) -> list[str]:
    return [
        f"{match.rule.id} {match.message}"
        for match in lint(template, rules=rules, regions=[region])
        if match.rule.severity in ("error", "warning")
    ]


def test_cfn_lint_has_no_error_and_no_warning(
    any_platform: Any, cfn_lint_rules: RulesCollection
) -> None:
    for file in sorted(any_platform.directory.glob("*.template.json")):
        found = _cfn_lint(file.read_text(), any_platform.platform.region, cfn_lint_rules)

        assert found == []


def test_cfn_lint_does_find_what_is_wrong(laptop: Any, cfn_lint_rules: RulesCollection) -> None:
    text = (laptop.directory / "laptop-endpoint.template.json").read_text()
    wrong = text.replace("al2023-ami-sagemaker-inference-gpu-4-1", "none-such").replace(
        '"DependsOn": [', '"DependsOn": [ "EndpointSecurityGroup3A4D971B",'
    )

    found = _cfn_lint(wrong, "us-east-1", cfn_lint_rules)

    assert {line.split()[0] for line in found} == {"E3030", "W3005"}
