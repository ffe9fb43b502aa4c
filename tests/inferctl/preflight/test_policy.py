"""The printed policy allows each read that the checks make, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import pytest

from inferctl.preflight.account import Asks
from inferctl.preflight.policy import policy
from inferctl.preflight.question import Answer, Question
from inferctl.preflight.runner import run_checks
from inferctl.preflight.subject import Subject
from tests.support.stubbed_account import Refusal, stubbed_account

METRIC = {"MetricNamespace": "AWS/Usage", "MetricName": "ResourceCount", "MetricDimensions": {}}


class Remembering:
    """Passes questions on and keeps them."""

    def __init__(self, account: Asks) -> None:
        self._account = account
        self.questions: list[Question] = []

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        self.questions += questions
        return self._account.ask(questions)


def every_question(subject: Subject) -> list[Question]:
    """Those of an account that answers as little as leads to most questions."""

    def quota(arguments: Any) -> Any:
        if arguments["ServiceCode"] == "vpc":
            return Refusal("NoSuchResourceException")
        return {"Quota": {"QuotaCode": arguments["QuotaCode"], "Value": 1, "UsageMetric": METRIC}}

    account = Remembering(
        stubbed_account({"GetCallerIdentity": {"Account": "1"}, "GetServiceQuota": quota})
    )
    run_checks(subject, account)
    return account.questions


def resource(question: Question) -> str | None:
    """The ARN without account and region, of questions that are about one resource."""
    arguments = question.arguments
    if question.service == "cloudformation":
        return f"stack/{arguments['StackName']}/0"
    if question.service == "ssm":
        return f"parameter{arguments['Name']}"
    if question.service == "ecr":
        return f"repository/{arguments['repositoryName']}"
    return None


def allows(statement: dict[str, Any], question: Question) -> bool:
    if question.action not in statement["Action"]:
        return False
    name = resource(question)
    return any(
        fnmatchcase("" if name is None else name, "*" if arn == "*" else arn.split(":", 5)[5])
        for arn in statement["Resource"]
    )


@pytest.mark.parametrize("name", ["prod", "dev", "fleet"])
def test_every_question_is_allowed(name: str, request: pytest.FixtureRequest) -> None:
    subject: Subject = request.getfixturevalue(name)
    statements = policy(subject)["Statement"]

    for question in every_question(subject):
        # needs no permission, and none can forbid it
        if question.action != "sts:GetCallerIdentity":
            assert any(allows(each, question) for each in statements), question.action


def test_nothing_is_allowed_that_is_not_asked(dev: Subject) -> None:
    asked = {question.action for question in every_question(dev)}
    allowed = {action for statement in policy(dev)["Statement"] for action in statement["Action"]}

    # only types whose code no list has are looked up by name
    assert allowed - asked == {"servicequotas:ListServiceQuotas"}
    assert all(
        action.split(":")[1].startswith(("Describe", "Get", "List", "BatchGet"))
        for action in allowed
    )


def test_only_reads_without_resource_types_are_on_everything(dev: Subject) -> None:
    statements = {each["Sid"]: each for each in policy(dev)["Statement"]}

    everything = [name for name, each in statements.items() if "*" in each["Resource"]]
    assert everything == ["Lists"]
    assert statements["Lists"]["Condition"] == {
        "StringEquals": {"aws:RequestedRegion": "us-east-1"}
    }
    assert statements["Images"]["Resource"] == [
        "arn:aws:ecr:us-east-1:763104351884:repository/sagemaker-tritonserver",
        "arn:aws:ecr:us-east-1:763104351884:repository/tensorflow-inference-neuron",
    ]


def test_a_platform_of_public_images_asks_for_no_repository(subject_with: Any) -> None:
    from dataclasses import replace

    subject = subject_with(s={"Resources": {}})
    subject = replace(subject, platform=replace(subject.platform, endpoint=None))

    assert [each["Sid"] for each in policy(subject)["Statement"]] == [
        *("Lists", "DeployedStacks", "Parameters"),
    ]
