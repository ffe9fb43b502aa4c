from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from inferctl.preflight.account import NobodyToAsk
from inferctl.preflight.capacity import quota_uses
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.quotas import check
from inferctl.preflight.subject import Subject
from tests.support.stubbed_account import Answers, Canned, Refusal, stubbed_account

ENDPOINT = "ml.g4dn.4xlarge for endpoint usage"
ADDRESSES = "EC2-VPC Elastic IPs"
NOT_DEPLOYED = Refusal("ValidationError", "Stack with id x does not exist")


def quota(subject: Subject, code: str, value: float, **more: Any) -> dict[str, Any]:
    (use,) = (use for use in quota_uses(subject.templates) if use.quota_code == code)
    return {
        "Quota": {
            "ServiceCode": use.service,
            "QuotaCode": code,
            "QuotaName": use.quota_name,
            "Value": value,
            "Adjustable": True,
            **more,
        }
    }


def answers(subject: Subject, values: Mapping[str, float], **more: Any) -> Answers:
    """Quotas by code, 1,000 where nothing is said."""

    def get(arguments: Mapping[str, Any]) -> Canned:
        code = arguments["QuotaCode"]
        return quota(subject, code, values.get(code, 1000))

    return {"GetServiceQuota": get, "GetTemplate": NOT_DEPLOYED, **more}


def named(findings: tuple[Finding, ...], name: str) -> Finding:
    (found,) = (finding for finding in findings if name in finding.place)
    return found


def test_quotas_that_hold_everything_pass(prod: Subject) -> None:
    findings = check(prod, stubbed_account(answers(prod, {})))

    assert {finding.outcome for finding in findings} == {Outcome.PASSED}
    assert len(findings) == len(quota_uses(prod.templates))
    assert named(findings, ENDPOINT).value == "1000 instances"
    assert named(findings, ENDPOINT).fix == ""


def test_a_quota_below_full_scale_fails_with_the_request_to_raise_it(prod: Subject) -> None:
    found = named(check(prod, stubbed_account(answers(prod, {"L-31522FA6": 4}))), ENDPOINT)

    assert found.outcome is Outcome.FAILED
    assert found.value == "4 instances"
    assert found.rule == (
        "must be 5 for prod-endpoint/EndpointEEF1FD8F at full scale (2 at rest), and 10 to update"
        " it then, as both fleets run for a while"
    )
    assert found.fix == (
        "aws service-quotas request-service-quota-increase --service-code sagemaker"
        " --quota-code L-31522FA6 --desired-value 10 --region us-east-1 (takes hours to days)"
    )
    assert found.command == (
        "aws service-quotas get-service-quota --service-code sagemaker --quota-code L-31522FA6"
        " --region us-east-1"
    )


def test_a_quota_too_low_for_an_update_at_full_scale_is_left_to_a_person(prod: Subject) -> None:
    found = named(check(prod, stubbed_account(answers(prod, {"L-31522FA6": 9}))), ENDPOINT)

    assert found.outcome is Outcome.TO_DO
    assert "--desired-value 10" in found.fix


def test_a_quota_that_was_never_changed_has_its_default(prod: Subject) -> None:
    asked: list[str] = []
    account = stubbed_account(
        {
            "GetServiceQuota": Refusal("NoSuchResourceException"),
            "GetAWSDefaultServiceQuota": lambda arguments: quota(prod, arguments["QuotaCode"], 0),
            "GetTemplate": NOT_DEPLOYED,
        },
        asked,
    )

    findings = check(prod, account)

    assert {finding.outcome for finding in findings} == {Outcome.FAILED}
    assert asked.count("service-quotas:get_aws_default_service_quota") == len(findings)


def test_a_fixed_quota_is_not_asked_for_more(prod: Subject) -> None:
    account = stubbed_account(
        {
            "GetServiceQuota": lambda given: quota(prod, given["QuotaCode"], 0, Adjustable=False),
            "GetTemplate": NOT_DEPLOYED,
        }
    )

    assert named(check(prod, account), ADDRESSES).fix == (
        "this quota is fixed: take less than 2, or use another region"
    )


METRIC = {
    "MetricNamespace": "AWS/Usage",
    "MetricName": "ResourceCount",
    "MetricDimensions": {"Service": "EC2", "Resource": "Address"},
    "MetricStatisticRecommendation": "Maximum",
}


def with_usage(prod: Subject, limit: float, used: float, *, deployed: bool) -> Finding:
    def get(arguments: Mapping[str, Any]) -> Canned:
        if arguments["QuotaCode"] == "L-0263D0A3":
            return quota(prod, "L-0263D0A3", limit, UsageMetric=METRIC)
        return quota(prod, arguments["QuotaCode"], 1000)

    def template(arguments: Mapping[str, Any]) -> Canned:
        body = json.dumps(prod.templates[arguments["StackName"]])
        return {"TemplateBody": body} if deployed else NOT_DEPLOYED

    account = stubbed_account(
        {
            "GetServiceQuota": get,
            "GetTemplate": template,
            "GetMetricStatistics": {
                "Label": "ResourceCount",
                "Datapoints": [{"Maximum": used - 1}, {"Maximum": used}],
            },
        }
    )
    return named(check(prod, account), ADDRESSES)


@pytest.mark.parametrize(
    ("limit", "used", "deployed", "outcome"),
    [
        (5, 3, False, Outcome.PASSED),
        (5, 4, False, Outcome.FAILED),
        # what this platform has already is not wanted twice
        (5, 5, True, Outcome.PASSED),
        (5, 6, True, Outcome.FAILED),
    ],
)
def test_what_others_use_already_is_not_there_for_this_platform(
    prod: Subject, limit: float, used: float, deployed: bool, outcome: Outcome
) -> None:
    found = with_usage(prod, limit, used, deployed=deployed)

    assert found.outcome is outcome
    assert f"of which others use {used - (2 if deployed else 0):g}" in found.value


def test_usage_is_nobody_elses_where_the_deployed_stacks_cannot_be_read(prod: Subject) -> None:
    account = stubbed_account(
        {
            "GetServiceQuota": lambda given: quota(prod, given["QuotaCode"], 5, UsageMetric=METRIC),
            "GetMetricStatistics": {"Datapoints": [{"Maximum": 5}]},
        }
    )

    assert named(check(prod, account), ADDRESSES).outcome is Outcome.PASSED


def test_no_permission_is_unknown_and_says_which_one(prod: Subject) -> None:
    findings = check(prod, stubbed_account({}))

    assert {finding.outcome for finding in findings} == {Outcome.UNKNOWN}
    assert findings[0].value == "no permission for servicequotas:GetServiceQuota"


def test_without_an_account_the_numbers_and_the_commands_are_still_there(dev: Subject) -> None:
    found = named(
        check(dev, NobodyToAsk(Outcome.TO_DO, "no AWS credentials")), "On-Demand Inf instances"
    )

    assert found.outcome is Outcome.TO_DO
    assert (
        found.rule
        == "must be 48 for dev-cluster/Clusterinf1GroupASG825D8518 at full scale (0 at rest)"
    )
    assert found.fix == "look it up and raise it to 48 where it is lower (a new account has 0)"
    assert found.command is not None and "--quota-code L-1945791B" in found.command


def hosting(name: str) -> dict[str, Any]:
    return {
        "Resources": {
            "Config": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {"ProductionVariants": [{"VariantName": "A", "InstanceType": name}]},
            },
            "Endpoint": {
                "Type": "AWS::SageMaker::Endpoint",
                "Properties": {"EndpointConfigName": {"Ref": "Config"}},
            },
        }
    }


def test_a_quota_without_a_known_code_is_looked_up_by_its_name(subject_with: Any) -> None:
    subject = subject_with(s=hosting("ml.p5.4xlarge"))
    listed = [
        {"QuotaName": "ml.p5.4xlarge for training job usage", "QuotaCode": "L-1", "Value": 9.0},
        {"QuotaName": "ml.p5.4xlarge for endpoint usage", "QuotaCode": "L-2", "Value": 0.0},
    ]
    account = stubbed_account(
        {
            "ListServiceQuotas": {"Quotas": listed},
            "GetServiceQuota": {
                "Quota": {"QuotaName": "Number of instances across active endpoints", "Value": 9.0}
            },
            "GetTemplate": NOT_DEPLOYED,
        }
    )

    found = named(check(subject, account), "ml.p5.4xlarge")
    assert found.outcome is Outcome.FAILED
    assert "--quota-code L-2" in found.fix


def test_a_quota_that_is_not_listed_is_unknown(subject_with: Any) -> None:
    subject = subject_with(s=hosting("ml.p5.4xlarge"))
    account = stubbed_account({"ListServiceQuotas": {"Quotas": []}, "GetTemplate": NOT_DEPLOYED})

    found = named(check(subject, account), "ml.p5.4xlarge")
    assert found.outcome is Outcome.UNKNOWN
    assert found.value == "sagemaker lists no quota of this name here"
