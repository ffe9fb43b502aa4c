from __future__ import annotations

import shlex

import boto3
import pytest

from inferctl.preflight.question import Question


def question(service: str, operation: str, **arguments: object) -> Question:
    return Question(service=service, operation=operation, arguments=arguments, region="eu-west-1")


def test_a_question_reads_as_a_command_of_the_aws_cli() -> None:
    asked = question("service-quotas", "GetServiceQuota", ServiceCode="ec2", QuotaCode="L-1")

    assert asked.command == (
        "aws service-quotas get-service-quota --service-code ec2 --quota-code L-1"
        " --region eu-west-1"
    )


def test_lists_and_structures_are_quoted_for_a_shell() -> None:
    filters = [{"Name": "instance-type", "Values": ["inf2.xlarge"]}]
    asked = question("ec2", "DescribeInstanceTypeOfferings", Filters=filters, Zones=["a", "b"])

    assert shlex.split(asked.command)[3:] == [
        *("--filters", '[{"Name": "instance-type", "Values": ["inf2.xlarge"]}]'),
        *("--zones", "a", "b", "--region", "eu-west-1"),
    ]


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("service-quotas", "GetServiceQuota", "servicequotas:GetServiceQuota"),
        ("ecr", "BatchGetImage", "ecr:BatchGetImage"),
        ("service-quotas", "GetAWSDefaultServiceQuota", "servicequotas:GetAWSDefaultServiceQuota"),
    ],
)
def test_an_operation_is_an_iam_action_and_a_method_of_boto3(
    service: str, operation: str, action: str
) -> None:
    asked = question(service, operation)

    assert asked.action == action
    client = boto3.session.Session().client(service, region_name="eu-west-1")  # type: ignore[call-overload]
    assert hasattr(client, asked.method)


def test_only_equal_questions_have_equal_keys() -> None:
    one = question("ssm", "GetParameter", Name="a")

    assert one.key == question("ssm", "GetParameter", Name="a").key
    assert one.key != question("ssm", "GetParameter", Name="b").key
