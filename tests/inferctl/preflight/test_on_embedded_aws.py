"""The same questions put to a server that answers over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from inferctl.localaws.app import LocalAws
from inferctl.preflight.account import Account, account_at
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.runner import Report, run_checks
from inferctl.preflight.subject import Subject

pytestmark = pytest.mark.server

# the registry's images of Amazon Linux, as any manifest will do
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {"mediaType": "application/octet-stream", "size": 1, "digest": "sha256:" + 64 * "0"},
    "layers": [],
}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        yield aws


@pytest.fixture(scope="module")
def report(aws: LocalAws, dev: Subject) -> Report:
    account = account_at(aws.url)
    assert isinstance(account, Account)
    return run_checks(dev, account)


def of(report: Report, check: str) -> dict[str, Finding]:
    return {finding.place: finding for finding in report.findings if finding.check == check}


def test_the_account_says_who_it_is(report: Report) -> None:
    assert report.account == "123456789012"
    assert of(report, "account")["dev"].outcome is Outcome.PASSED


def test_an_account_that_was_never_bootstrapped_is_not_ready(report: Report) -> None:
    (found,) = of(report, "bootstrap").values()

    assert (found.outcome, found.value) == (Outcome.FAILED, "not bootstrapped")
    assert found.fix == "cdk bootstrap aws://123456789012/us-east-1"
    assert not report.ready


def test_nothing_is_deployed_yet(report: Report, dev: Subject) -> None:
    assert {f.value for f in of(report, "stacks").values()} == {"not there yet"}
    assert of(report, "stacks").keys() == dev.templates.keys()
    assert of(report, "transitions")["dev"].value == "nothing is deployed yet"


def test_quotas_that_the_server_knows_are_compared_and_others_are_unknown(
    report: Report,
) -> None:
    found = of(report, "quotas")

    network = found["vpc: NAT gateways per Availability Zone (L-FE5A380F)"]
    assert (network.outcome, network.value) == (Outcome.PASSED, "5 gateways")
    chips = found["ec2: Running On-Demand Inf instances (L-1945791B)"]
    assert chips.outcome is Outcome.UNKNOWN
    assert chips.command is not None


def test_zones_are_compared_with_ec2s_own_list(report: Report) -> None:
    found = of(report, "zones")

    assert len(found) == 5
    assert all(finding.outcome is not Outcome.UNKNOWN for finding in found.values())
    (cpu,) = (finding for place, finding in found.items() if "Clustercpu" in place)
    assert cpu.value == "offered in us-east-1a, us-east-1b"


def test_host_images_are_there_and_container_images_are_not(report: Report) -> None:
    found = of(report, "images")

    neuron = found["/aws/service/ecs/optimized-ami/amazon-linux-2023/neuron/recommended/image_id"]
    assert neuron.outcome is Outcome.PASSED and neuron.value.startswith("ami-")
    (image,) = (f for place, f in found.items() if "/tensorflow-inference-neuron:" in place)
    assert image.outcome is Outcome.FAILED
    assert image.value.startswith("RepositoryNotFoundException")


def test_an_image_that_was_pushed_is_found(aws: LocalAws, subject_with: Any) -> None:
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="own")
    ecr.put_image(repositoryName="own", imageManifest=json.dumps(MANIFEST), imageTag="1")
    uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/own"
    containers = [{"Image": f"{uri}:1"}, {"Image": f"{uri}:2"}]
    task = {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {"ContainerDefinitions": containers},
    }

    subject = subject_with(s={"Resources": {"Task": task}})
    found = of(run_checks(subject, account_at(aws.url)), "images")

    assert found[f"{uri}:1"].outcome is Outcome.PASSED
    assert (found[f"{uri}:2"].outcome, found[f"{uri}:2"].value) == (
        Outcome.FAILED,
        "ImageNotFound",
    )


def test_a_bootstrapped_account_passes(aws: LocalAws, prod: Subject) -> None:
    name = "/cdk-bootstrap/hnb659fds/version"
    aws.client("ssm").put_parameter(Name=name, Value="30", Type="String")

    (found,) = of(run_checks(prod, account_at(aws.url)), "bootstrap").values()
    assert (found.outcome, found.value) == (Outcome.PASSED, "version 30")
