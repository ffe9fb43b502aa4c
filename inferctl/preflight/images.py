"""Every container image can be pulled, and every host image is there."""

from __future__ import annotations

import re
import shlex

from inferctl.preflight.account import Asks
from inferctl.preflight.container_images import ContainerImage, container_images
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.question import Answer, Question, Unanswered
from inferctl.preflight.subject import Subject

NAME = "images"
_RULE = "must be pullable with this account's permissions"
_IMAGE_PARAMETER = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"
# The registry of another account answers only those whom its repository policy lets pull.
_NOT_THERE = frozenset(("RepositoryNotFoundException", "RegistryNotFoundException"))
# Without these ECR answers with the oldest format, which many images no longer have.
_MEDIA_TYPES = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
]


def check(subject: Subject, account: Asks) -> tuple[Finding, ...]:
    """One finding for each container image, and for each parameter that names a host image."""
    return (*_containers(subject, account), *_hosts(subject, account))


def _containers(subject: Subject, account: Asks) -> list[Finding]:
    questions: dict[ContainerImage, Question] = {}
    findings: dict[ContainerImage, Finding] = {}
    for image in container_images(subject):
        parts = image.ecr
        if parts is None:
            findings[image] = _by_hand(image)
        else:
            questions[image] = _question(parts)
    answers = account.ask([*questions.values()])
    for (image, question), answer in zip(questions.items(), answers, strict=True):
        findings[image] = _pullable(image, question, answer)
    return [findings[image] for image in sorted(findings, key=lambda each: each.uri or "")]


def _question(parts: re.Match[str]) -> Question:
    digest = parts["digest"]
    return Question(
        service="ecr",
        operation="BatchGetImage",
        arguments={
            "registryId": parts["account"],
            "repositoryName": parts["repository"],
            "imageIds": [
                {"imageTag": parts["tag"] or "latest"}
                if digest is None
                else {"imageDigest": digest}
            ],
            "acceptedMediaTypes": _MEDIA_TYPES,
        },
        region=parts["region"],
    )


def _pullable(image: ContainerImage, question: Question, answer: Answer) -> Finding:
    outcome, value, fix = Outcome.PASSED, "there", ""
    if isinstance(answer, Unanswered):
        outcome, value = answer.outcome, answer.reason
        fix = "pull it once by hand, from the account that deploys"
        if answer.code in _NOT_THERE:
            outcome, fix = Outcome.FAILED, "create the repository and push the image"
    elif not answer.get("images"):
        outcome = Outcome.FAILED
        codes = [failure.get("failureCode", "") for failure in answer.get("failures", [])]
        value = ", ".join(codes) or "not there"
        fix = "push the image, or name a tag that exists"
    return _finding(image, outcome, value, fix, question.command)


def _by_hand(image: ContainerImage) -> Finding:
    if image.uri is None:
        return _finding(
            image, Outcome.TO_DO, "its name is known only when deployed", "look it up then", None
        )
    value = "in ECR Public" if image.is_public_ecr else "in a registry that is not ECR"
    command = f"docker manifest inspect {shlex.quote(image.uri)}"
    return _finding(image, Outcome.TO_DO, value, "see that it is still published", command)


def _finding(
    image: ContainerImage, outcome: Outcome, value: str, fix: str, command: str | None
) -> Finding:
    users = ", ".join(image.users[:2])
    if len(image.users) > 2:
        users += f" and {len(image.users) - 2} more"
    return Finding(
        check=NAME,
        outcome=outcome,
        place=image.uri or users,
        value=value,
        rule=f"{_RULE} (for {users})",
        fix=fix,
        command=command,
    )


def _hosts(subject: Subject, account: Asks) -> list[Finding]:
    names = {
        parameter["Default"]
        for template in subject.templates.values()
        for parameter in template.get("Parameters", {}).values()
        if parameter.get("Type") == _IMAGE_PARAMETER
    }
    questions = [subject.question("ssm", "GetParameter", Name=name) for name in sorted(names)]
    return [
        _host(question, answer)
        for question, answer in zip(questions, account.ask(questions), strict=True)
    ]


def _host(question: Question, answer: Answer) -> Finding:
    outcome, value, fix = Outcome.PASSED, "", ""
    if not isinstance(answer, Unanswered):
        value = answer["Parameter"]["Value"]
    else:
        outcome, value = answer.outcome, answer.reason
        fix = "look it up, because a stack with an image that is not there cannot start"
        if answer.code == "ParameterNotFound":
            outcome, value = Outcome.FAILED, "not there"
            fix = "choose a host image that AWS still publishes in this region"
    return Finding(
        check=NAME,
        outcome=outcome,
        place=question.arguments["Name"],
        value=value,
        rule="must name a host image in this region",
        fix=fix,
        command=question.command,
    )
