from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from inferctl.preflight.account import NobodyToAsk
from inferctl.preflight.finding import Outcome
from inferctl.preflight.subject import Subject
from inferctl.preflight.transitions import check
from tests.support.stubbed_account import Canned, Refusal, stubbed_account

ABSENT = Refusal("ValidationError", "Stack with id x does not exist")


def deployed(subject: Subject, change: Any = None) -> Any:
    templates = copy.deepcopy(dict(subject.templates))
    if change is not None:
        change(templates)

    def template(given: Mapping[str, Any]) -> Canned:
        return {"TemplateBody": json.dumps(templates[given["StackName"]])}

    return stubbed_account({"GetTemplate": template})


def smaller_instances(templates: dict[str, Any]) -> None:
    (config,) = (
        each
        for each in templates["prod-endpoint"]["Resources"].values()
        if each["Type"] == "AWS::SageMaker::EndpointConfig"
    )
    config["Properties"]["ProductionVariants"][0]["InstanceType"] = "ml.g4dn.xlarge"


def test_what_is_deployed_already_needs_nothing(prod: Subject) -> None:
    (found,) = check(prod, deployed(prod))

    count = len(prod.templates)
    assert found.outcome is Outcome.PASSED
    assert found.value == f"{count} of {count} stacks are deployed"


def test_a_change_that_aws_refuses_in_one_step_fails_with_the_steps(prod: Subject) -> None:
    findings = check(prod, deployed(prod, smaller_instances))

    assert findings
    for found in findings:
        assert found.outcome is Outcome.FAILED
        assert found.place.startswith("prod-endpoint/")
        assert found.fix.startswith("1. ") and "; 2. " in found.fix
        assert found.command is not None
        assert "get-template --stack-name prod-endpoint" in found.command


def test_a_platform_that_is_not_there_yet_can_be_made(prod: Subject) -> None:
    (found,) = check(prod, stubbed_account({"GetTemplate": ABSENT}))

    assert (found.outcome, found.value) == (Outcome.PASSED, "nothing is deployed yet")


def test_one_unreadable_stack_leaves_the_comparison_to_a_person(prod: Subject) -> None:
    def template(given: Mapping[str, Any]) -> Canned:
        return Refusal("AccessDenied") if given["StackName"] == "prod-endpoint" else ABSENT

    (found,) = check(prod, stubbed_account({"GetTemplate": template}))
    assert found.outcome is Outcome.UNKNOWN
    assert found.value == "no permission for cloudformation:GetTemplate"
    assert found.command is not None and "--stack-name prod-endpoint" in found.command


def test_without_an_account_the_comparison_is_on_the_checklist(prod: Subject) -> None:
    (found,) = check(prod, NobodyToAsk(Outcome.TO_DO, "offline"))

    assert found.outcome is Outcome.TO_DO
    for stack in prod.templates:
        assert stack in found.fix
