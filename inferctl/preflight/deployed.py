"""The templates that are deployed now, as CloudFormation has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from inferctl.preflight.account import Asks
from inferctl.preflight.question import Answer, Question, Unanswered
from inferctl.preflight.subject import Subject
from inferctl.preflight.templates import Template


def template_questions(subject: Subject) -> dict[str, Question]:
    """By stack, those that would be deployed."""
    return {
        stack: subject.question(
            "cloudformation", "GetTemplate", StackName=stack, TemplateStage="Original"
        )
        for stack in subject.templates
    }


def is_absent(answer: Answer) -> bool:
    """CloudFormation has no code of its own for a stack that is not there."""
    return (
        isinstance(answer, Unanswered)
        and answer.code == "ValidationError"
        and "does not exist" in answer.reason
    )


def deployed_templates(subject: Subject, account: Asks) -> Mapping[str, Template] | None:
    """By stack, those there are; None where CloudFormation does not say.

    ValueError for one that is not of the CDK, which writes JSON.
    """
    questions = template_questions(subject)
    answers = dict(zip(questions, account.ask([*questions.values()]), strict=True))
    there: dict[str, Template] = {}
    for stack, answer in answers.items():
        if is_absent(answer):
            continue
        if isinstance(answer, Unanswered):
            return None
        body = answer["TemplateBody"]
        there[stack] = _read(stack, body)
    return there


def _read(stack: str, body: str | Mapping[str, Any]) -> Template:
    """boto3 reads JSON templates; one that it could not read stays text."""
    try:
        return dict(json.loads(body) if isinstance(body, str) else body)
    except ValueError as error:
        raise ValueError(
            f"the deployed template of {stack} is not JSON, as the CDK writes it"
        ) from error
