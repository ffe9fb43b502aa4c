"""What is deployed can become what was synthesized in one deployment."""

from __future__ import annotations

from collections.abc import Mapping

from inferctl.preflight.account import Asks
from inferctl.preflight.deployed import deployed_templates, is_absent, template_questions
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.question import Question, Unanswered
from inferctl.preflight.subject import Subject
from inferctl.transitions import two_step_plans

NAME = "transitions"
_RULE = "must be possible in one deployment"


def check(subject: Subject, account: Asks) -> tuple[Finding, ...]:
    """One finding for each change that AWS refuses in one step, or one that there is none."""
    before = deployed_templates(subject, account)
    questions = template_questions(subject)
    if before is None:
        return (_unanswered(subject, questions, account),)
    plans = two_step_plans(before, subject.templates)
    if plans:
        return tuple(
            Finding(
                check=NAME,
                outcome=Outcome.FAILED,
                place=f"{plan.stack}/{plan.logical_id} ({plan.resource_type})",
                value=plan.reason,
                rule=_RULE,
                fix="; ".join(f"{n}. {step}" for n, step in enumerate(plan.steps, start=1)),
                command=questions[plan.stack].command if plan.stack in questions else None,
            )
            for plan in plans
        )
    there = f"{len(before)} of {len(subject.templates)} stacks are deployed"
    return (
        Finding(
            check=NAME,
            outcome=Outcome.PASSED,
            place=subject.platform.name,
            value=there if before else "nothing is deployed yet",
            rule=_RULE,
        ),
    )


def _unanswered(subject: Subject, questions: Mapping[str, Question], account: Asks) -> Finding:
    """One finding for all stacks, with the first stack that CloudFormation says nothing of."""
    answers = dict(zip(questions, account.ask([*questions.values()]), strict=True))
    stack, answer = next(
        (stack, answer)
        for stack, answer in answers.items()
        if isinstance(answer, Unanswered) and not is_absent(answer)
    )
    return Finding(
        check=NAME,
        outcome=answer.outcome,
        place=subject.platform.name,
        value=answer.reason,
        rule=_RULE,
        fix=f"compare what is deployed of {', '.join(questions)} with the synthesized templates",
        command=questions[stack].command,
    )
