"""The stacks there are can be updated: none is half done, failed or waiting for a clean-up."""

from __future__ import annotations

from inferctl.preflight.account import Asks
from inferctl.preflight.deployed import is_absent
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.question import Answer, Question, Unanswered
from inferctl.preflight.subject import Subject

NAME = "stacks"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
_UPDATABLE = frozenset(
    (
        *("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"),
        *("UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"),
    )
)
_FIXES = {
    # the CDK CLI deletes what never came up, and makes it again
    "ROLLBACK_COMPLETE": "cdk deploy deletes it first; delete it yourself to see why it failed",
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name {stack}",
    "DELETE_FAILED": "see what could not be deleted and delete the stack again",
    "ROLLBACK_FAILED": "delete the stack: aws cloudformation delete-stack --stack-name {stack}",
}


def check(subject: Subject, account: Asks) -> tuple[Finding, ...]:
    """One finding for each stack."""
    questions = [
        subject.question("cloudformation", "DescribeStacks", StackName=stack)
        for stack in subject.templates
    ]
    answers = account.ask(questions)
    return tuple(
        _finding(stack, question, answer)
        for stack, question, answer in zip(subject.templates, questions, answers, strict=True)
    )


def _finding(stack: str, question: Question, answer: Answer) -> Finding:
    outcome, value, fix = Outcome.PASSED, "not there yet", ""
    if isinstance(answer, Unanswered):
        if not is_absent(answer):
            outcome, value = answer.outcome, answer.reason
            fix = "deploy only where the state ends in COMPLETE"
    else:
        value = answer["Stacks"][0]["StackStatus"]
        if value in _UPDATABLE:
            pass
        elif value == "ROLLBACK_COMPLETE":
            outcome, fix = Outcome.TO_DO, _FIXES[value]
        else:
            outcome = Outcome.FAILED
            fix = _FIXES.get(value, "wait until it is done").format(stack=stack)
    return Finding(
        check=NAME,
        outcome=outcome,
        place=stack,
        value=value,
        rule="must be new or in a state that can be updated",
        fix=fix,
        command=question.command,
    )
