"""Rules that hold for everything that a cluster makes: least privilege, cdk-nag, cfn-lint."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint  # type: ignore[import-untyped]
from cfnlint.core import get_rules  # type: ignore[import-untyped]

from inference_constructs import EcsCluster
from tests.support.ecs_fleet import Fleet

# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
WITHOUT_A_RESOURCE = {
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "cloudwatch:PutMetricData",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ecs:DiscoverPollEndpoint",
}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statements(fleet: Fleet) -> Iterator[dict[str, Any]]:
    for policy in fleet.of_type("AWS::IAM::Policy").values():
        yield from policy["Properties"]["PolicyDocument"]["Statement"]


def test_no_action_is_a_wildcard(any_fleet: Fleet) -> None:
    actions = {one for statement in _statements(any_fleet) for one in _as_list(statement["Action"])}

    assert actions
    assert {action for action in actions if "*" in action} == set()


def test_resource_star_is_left_to_actions_that_take_no_resource(any_fleet: Fleet) -> None:
    stars = [one for one in _statements(any_fleet) if "*" in _as_list(one["Resource"])]

    assert stars
    for statement in stars:
        assert set(_as_list(statement["Action"])) <= WITHOUT_A_RESOURCE


def test_no_role_carries_a_managed_policy(any_fleet: Fleet) -> None:
    roles = any_fleet.of_type("AWS::IAM::Role").values()

    assert roles
    assert not any("ManagedPolicyArns" in role["Properties"] for role in roles)
    assert not any("Policies" in role["Properties"] for role in roles)


def test_every_arn_is_of_the_fleets_own_partition(any_fleet: Fleet) -> None:
    partition = "aws-cn" if any_fleet.region.startswith("cn-") else "aws"

    found = set(re.findall(r"arn:(aws[a-z-]*):", json.dumps(any_fleet.template)))

    assert found == {partition}


def test_cdk_nag_finds_nothing_unacknowledged(any_fleet: Fleet) -> None:
    report = json.loads((any_fleet.directory / "validation-report.json").read_text())

    findings = [
        violation["ruleName"]
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        if plugin["pluginName"] == "AwsSolutions"
    ]
    assert findings == []


def test_cdk_nag_does_find_what_is_wrong(
    stack: cdk.Stack, add_pool: Callable[..., EcsCluster]
) -> None:
    add_pool("c5.xlarge")
    s3.Bucket(stack, "Plain")

    report = AwsSolutionsChecks(stack).validate_scope(stack)

    found = {one.rule_name for one in report.violations}
    assert found == {"AwsSolutions-S1", "AwsSolutions-S10"}


def test_every_acknowledgement_has_a_reason(any_fleet: Fleet) -> None:
    acknowledged = [
        (rule, reason)
        for file in any_fleet.directory.glob("*.metadata.json")
        for entries in json.loads(file.read_text()).values()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule, reason in entry["data"].items()
    ]

    assert any("AwsSolutions-AS3" in rule for rule, _ in acknowledged)
    for rule, reason in acknowledged:
        assert len(reason.split()) >= 8, rule


@pytest.fixture(scope="module")
def cfn_lint_rules() -> Any:
    # Loaded once: it costs more than linting a template.
    return get_rules(append_rules=[], ignore_rules=[], include_rules=[])


def test_cfn_lint_has_no_error_and_no_warning(any_fleet: Fleet, cfn_lint_rules: Any) -> None:
    found = [
        f"{match.rule.id} {match.message}"
        for match in lint(
            json.dumps(any_fleet.template), rules=cfn_lint_rules, regions=[any_fleet.region]
        )
        if match.rule.severity in ("error", "warning")
    ]

    assert found == []
