from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from inferctl.preflight.account import NobodyToAsk
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.images import check
from inferctl.preflight.subject import Subject
from tests.support.stubbed_account import Canned, Refusal, stubbed_account

NEURON = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference-neuron"
THERE = {"images": [{"imageId": {"imageTag": "x"}}]}
AMI = {"Parameter": {"Name": "n", "Value": "ami-1"}}


def by_place(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {finding.place: finding for finding in findings}


def test_images_that_ecr_hands_out_pass(dev: Subject) -> None:
    findings = check(dev, stubbed_account({"BatchGetImage": THERE, "GetParameter": AMI}))

    found = {finding.place.split(":")[0]: finding for finding in findings}
    assert found[NEURON].outcome is Outcome.PASSED
    assert "dev-cluster/Resnet50ServiceSlot0Task" in found[NEURON].rule
    assert found[NEURON].rule.endswith("and 2 more)")
    # what is served is built on this one, by whoever deploys
    assert "763104351884.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tritonserver" in found
    # and what the deployment itself pushes is not asked for
    assert not any("cdk-hnb659fds" in place for place in found)


def test_host_images_are_looked_up_by_their_parameters(dev: Subject) -> None:
    prefix = "/aws/service/ecs/optimized-ami/amazon-linux-2023"

    def parameter(given: Mapping[str, Any]) -> Canned:
        return AMI if "neuron" in given["Name"] else Refusal("ParameterNotFound")

    found = by_place(
        check(dev, stubbed_account({"BatchGetImage": THERE, "GetParameter": parameter}))
    )
    assert found[f"{prefix}/neuron/recommended/image_id"].value == "ami-1"
    gone = found[f"{prefix}/recommended/image_id"]
    assert (gone.outcome, gone.value) == (Outcome.FAILED, "not there")


def test_an_image_of_ecr_public_is_left_to_a_person(dev: Subject) -> None:
    findings = check(dev, NobodyToAsk(Outcome.TO_DO, "offline"))

    (found,) = (finding for finding in findings if finding.place.startswith("public.ecr.aws/"))
    assert (found.outcome, found.value) == (Outcome.TO_DO, "in ECR Public")
    assert found.command == f"docker manifest inspect {found.place}"


@pytest.mark.parametrize(
    ("answer", "outcome", "value"),
    [
        (
            {"images": [], "failures": [{"failureCode": "ImageNotFound"}]},
            Outcome.FAILED,
            "ImageNotFound",
        ),
        (
            Refusal("RepositoryNotFoundException", "no such repository"),
            Outcome.FAILED,
            "RepositoryNotFoundException: no such repository",
        ),
        (Refusal("AccessDeniedException"), Outcome.UNKNOWN, "no permission for ecr:BatchGetImage"),
        ({"images": []}, Outcome.FAILED, "not there"),
    ],
)
def test_an_image_that_cannot_be_pulled_says_why(
    dev: Subject, answer: Canned, outcome: Outcome, value: str
) -> None:
    findings = check(dev, stubbed_account({"BatchGetImage": answer, "GetParameter": AMI}))

    (found,) = (finding for finding in findings if finding.place.startswith(f"{NEURON}:"))
    assert (found.outcome, found.value) == (outcome, value)
    assert found.fix != ""
    assert found.command is not None
    assert found.command.startswith(
        "aws ecr batch-get-image --registry-id 763104351884"
        " --repository-name tensorflow-inference-neuron --image-ids"
    )


def task(image: object) -> dict[str, Any]:
    return {
        "Resources": {
            "Task": {
                "Type": "AWS::ECS::TaskDefinition",
                "Properties": {"ContainerDefinitions": [{"Image": image}]},
            }
        }
    }


OWN = {
    "Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/own@sha256:" + 64 * "a"
}


def test_an_image_of_the_deploying_account_is_asked_for_by_its_digest(subject_with: Any) -> None:
    asked: list[Mapping[str, Any]] = []

    def answer(given: Mapping[str, Any]) -> Canned:
        asked.append(given)
        return THERE

    subject = replace(subject_with(s=task(OWN)), account="111122223333")
    found = by_place(check(subject, stubbed_account({"BatchGetImage": answer})))

    uri = f"111122223333.dkr.ecr.us-east-1.amazonaws.com/own@sha256:{64 * 'a'}"
    assert found[uri].outcome is Outcome.PASSED
    (given,) = (each for each in asked if each["repositoryName"] == "own")
    assert given["registryId"] == "111122223333"
    assert given["imageIds"] == [{"imageDigest": f"sha256:{64 * 'a'}"}]


@pytest.mark.parametrize("image", [OWN, {"Ref": "Image"}, {"Fn::Join": ["", ["a", {"Ref": "B"}]]}])
def test_an_image_that_only_the_deployment_knows_is_left_to_a_person(
    subject_with: Any, image: object
) -> None:
    found = by_place(check(subject_with(s=task(image)), NobodyToAsk(Outcome.TO_DO, "offline")))

    assert found["s/Task"].value == "its name is known only when deployed"


def test_jobs_functions_and_containers_of_a_model_are_pulled_too(subject_with: Any) -> None:
    subject = subject_with(
        s={
            "Resources": {
                "Job": {
                    "Type": "AWS::Batch::JobDefinition",
                    "Properties": {"ContainerProperties": {"Image": "example.com/one"}},
                },
                "Tasks": {
                    "Type": "AWS::Batch::JobDefinition",
                    "Properties": {
                        "EcsProperties": {
                            "TaskProperties": [{"Containers": [{"Image": "example.com/two"}]}]
                        }
                    },
                },
                "Function": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {"Code": {"ImageUri": "example.com/three"}},
                },
                "Model": {
                    "Type": "AWS::SageMaker::Model",
                    "Properties": {"Containers": [{"Image": "example.com/four"}]},
                },
            }
        }
    )

    found = by_place(check(subject, NobodyToAsk(Outcome.TO_DO, "offline")))
    for name in ("one", "two", "three", "four"):
        assert found[f"example.com/{name}"].value == "in a registry that is not ECR"


def test_a_registry_in_another_region_is_asked_there(fleet: Subject) -> None:
    images = task("111122223333.dkr.ecr.eu-west-1.amazonaws.com/far:1")
    subject = replace(fleet, templates={"s": images})

    (found,) = check(subject, NobodyToAsk(Outcome.TO_DO, "offline"))
    assert found.command is not None and found.command.endswith("--region eu-west-1")
