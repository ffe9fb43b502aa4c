"""The laptop platform from bootstrap to destroy: stock CDK CLI, embedded AWS, real tritonserver.

The tests run in the order of the file: each continues where the one before it stopped.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton

from inferctl.cdk_cli import CdkRun, cdk
from inferctl.cli import main
from inferctl.commands import run_task
from inferctl.deployment import Deployment, read_deployment
from inferctl.endpoint_client import EndpointClient
from inferctl.environment import ROOT
from inferctl.exporters.weights import prepare_weights
from inferctl.localaws.app import LocalAws
from inferctl.localaws.clients import ACCOUNT
from inferctl.localaws.serving.host_runner import choose_runner
from inferctl.localaws.serving.runner import StartError
from inferctl.questions import ask_all
from model_folders import is_cached
from stacks.config import Platform, load_platform

pytestmark = pytest.mark.server

PLATFORM = ROOT / "platforms" / "laptop.yaml"
REGION = "us-east-1"
BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="
GOLDEN: dict[str, Any] = json.loads((ROOT / "tests/data/minilm-golden.json").read_text())


@dataclass(frozen=True)
class Laptop:
    """One embedded AWS with the platform on it."""

    aws: LocalAws
    platform: Platform
    folder: Path

    def cdk(self, *arguments: str, cwd: Path = ROOT) -> CdkRun:
        """The stock CLI; it synthesizes once and works from that assembly ever after."""
        return cdk(
            arguments, url=self.aws.url, region=REGION, on_progress=lambda _text: None, cwd=cwd
        )

    def deploy(self) -> CdkRun:
        """``cdk deploy --all`` from the assembly."""
        app = ("--app", str(self.folder / "cdk.out"))
        return self.cdk("deploy", "--all", *app, "--require-approval", "never")

    @property
    def deployment(self) -> Deployment:
        """What CloudFormation says is there."""
        return read_deployment(self.platform.name, region=REGION, url=self.aws.url)

    @property
    def client(self) -> EndpointClient:
        """A plain boto3 client of the endpoint."""
        return self.deployment.client()


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    try:
        choose_runner()
    except StartError as error:
        pytest.skip(str(error))
    platform = load_platform(PLATFORM, models_root=ROOT / "models")
    for model in platform.models:
        for weights in model.build.weights:
            if not is_cached(weights):
                prepare_weights(weights, lambda _done, _total: None)
    folder = tmp_path_factory.mktemp("laptop")
    with LocalAws(folder / "aws") as aws:
        yield Laptop(aws, platform, folder)


def test_stock_cli_bootstraps_and_deploys_every_stack(laptop: Laptop) -> None:
    out = ("--output", str(laptop.folder / "cdk.out"))
    laptop.cdk("synth", "--quiet", "--context", f"platform={PLATFORM}", *out)
    laptop.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", cwd=laptop.folder)

    run = laptop.deploy()

    kinds = ("network", "models", "endpoint", "cluster", "monitoring")
    stacks = {f"laptop-{kind}" for kind in kinds}
    assert set(run.stacks) == stacks
    assert all(stack.changed for stack in run.stacks.values())


def test_every_model_answers_its_golden_request(laptop: Laptop) -> None:
    replies, failures = ask_all(laptop.client, laptop.platform.models)

    assert failures == []
    assert {reply.model: reply.comparison.problem for reply in replies} == {
        "minilm": None,
        "resnet50": None,
        "inception": None,
    }


def cosines(vectors: np.ndarray[Any, Any]) -> list[float]:
    golden = np.asarray(GOLDEN["embeddings"])
    products = (vectors * golden).sum(axis=1)
    norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(golden, axis=1)
    return [float(value) for value in products / norms]


def test_a_hundred_sentences_as_json_are_the_reference_embeddings(laptop: Laptop) -> None:
    client = laptop.client
    target = client.target_model("minilm")
    vectors = []
    for sentence in GOLDEN["sentences"]:
        tensor = {"name": "INPUT0", "shape": [1, 1], "datatype": "BYTES", "data": [sentence]}
        answer = client.invoke(target, json.dumps({"inputs": [tensor]}).encode()).json()
        vectors.append(answer["outputs"][0]["data"])

    assert len(vectors) == 100
    assert min(cosines(np.asarray(vectors))) > 0.9999


def test_a_hundred_sentences_as_binary_are_the_reference_embeddings(laptop: Laptop) -> None:
    client = laptop.client
    target = client.target_model("minilm")
    vectors = []
    for start in range(0, 100, 10):
        sentences = [[text.encode()] for text in GOLDEN["sentences"][start : start + 10]]
        tensor = triton.InferInput("INPUT0", [10, 1], "BYTES")
        tensor.set_data_from_numpy(np.array(sentences, dtype=object), binary_data=True)
        wanted = [triton.InferRequestedOutput("finaloutput", binary_data=True)]
        request = triton.InferenceServerClient.generate_request_body([tensor], outputs=wanted)
        answer = client.invoke(target, request[0], f"{BINARY}{request[1]}")
        size = int(answer.content_type.removeprefix(BINARY))
        parse = triton.InferenceServerClient.parse_response_body
        vectors.append(parse(answer.body, header_length=size).as_numpy("finaloutput"))

    assert min(cosines(np.concatenate(vectors))) > 0.9999


def test_batches_give_what_single_requests_give(laptop: Laptop) -> None:
    client = laptop.client
    texts = GOLDEN["sentences"][1:5]
    tensor = {"name": "INPUT0", "shape": [4, 1], "datatype": "BYTES", "data": texts}
    body = json.dumps({"inputs": [tensor]}).encode()

    answer = client.invoke(client.target_model("minilm"), body).json()

    vectors = np.asarray(answer["outputs"][0]["data"]).reshape(4, 384)
    for vector, golden in zip(vectors, GOLDEN["embeddings"][1:5], strict=True):
        cosine = float(vector @ golden) / math.sqrt(float(vector @ vector))
        assert cosine > 0.9999


def test_the_readme_program_gets_an_embedding(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    (program,) = re.findall(r"```python\n(.+?)```", (ROOT / "README.md").read_text(), re.S)
    names = {"URL": laptop.aws.url, "TARGET_MODEL": laptop.client.target_model("minilm")}

    exec(compile(program, "README.md", "exec"), names)

    assert len(names["embedding"]) == 384


def chips(laptop: Laptop) -> dict[str, list[int]]:
    """The chips that tasks own, by instance."""
    (cluster,) = laptop.aws.status()["clusters"]
    assert cluster["chips"]["owned_twice"] == []
    return {one["id"]: one["owned"] for one in cluster["instances"] if one["chips"]}


def described(laptop: Laptop) -> list[dict[str, Any]]:
    """The services of the cluster."""
    ecs, cluster = laptop.aws.client("ecs"), laptop.deployment.outputs["ClusterName"]
    pages = ecs.get_paginator("list_services").paginate(cluster=cluster)
    arns = [arn for page in pages for arn in page["serviceArns"]]
    found: list[dict[str, Any]] = ecs.describe_services(cluster=cluster, services=arns)["services"]
    return found


def test_the_cluster_gives_each_slot_its_chip(laptop: Laptop) -> None:
    assert list(chips(laptop).values()) == [[0, 1, 2]]

    services = described(laptop)
    assert [(one["runningCount"], one["desiredCount"]) for one in services] == [(1, 1)] * 3
    (group,) = laptop.aws.client("elbv2").describe_target_groups()["TargetGroups"]
    targets = laptop.aws.client("elbv2").describe_target_health(
        TargetGroupArn=group["TargetGroupArn"]
    )["TargetHealthDescriptions"]
    assert {one["Target"]["Id"] for one in targets} == chips(laptop).keys()
    assert len({one["Target"]["Port"] for one in targets}) == 3


def test_a_live_platform_leaves_nothing_over(laptop: Laptop) -> None:
    assert laptop.aws.leftovers()["leftovers"] == []


def test_a_new_task_definition_rolls_through_its_service(laptop: Laptop) -> None:
    ecs = laptop.aws.client("ecs")
    service = described(laptop)[0]
    before = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
    template = (laptop.folder / "cdk.out" / "laptop-cluster.template.json").read_text()
    cloudformation = laptop.aws.client("cloudformation")

    cloudformation.update_stack(
        StackName="laptop-cluster",
        TemplateBody=template.replace('"StopTimeout": 30', '"StopTimeout": 45'),
        Capabilities=["CAPABILITY_IAM"],
    )
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName="laptop-cluster", WaiterConfig={"Delay": 1}
    )

    rolled = described(laptop)
    assert service["taskDefinition"] not in [one["taskDefinition"] for one in rolled]
    assert [len(one["deployments"]) for one in rolled] == [1] * 3
    old = ecs.describe_task_definition(taskDefinition=before["taskDefinition"]["taskDefinitionArn"])
    assert old["taskDefinition"]["status"] == "INACTIVE"
    assert list(chips(laptop).values()) == [[0, 1, 2]]
    laptop.deploy()
    assert list(chips(laptop).values()) == [[0, 1, 2]]


def test_a_one_off_task_lands_on_the_chip_that_no_service_has(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_task, "running_url", lambda: laptop.aws.url)
    (host,) = chips(laptop)

    assert main(["run-task", "inference"]) == 0

    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    (row,) = (row for row in rows if host in row)
    assert row[1:5] == [host, "inf1.6xlarge", "3", "RUNNING"]
    assert list(chips(laptop).values()) == [[0, 1, 2, 3]]
    laptop.aws.client("ecs").stop_task(
        cluster=laptop.deployment.outputs["ClusterName"], task=row[0]
    )


def test_second_deploy_changes_and_publishes_nothing(laptop: Laptop) -> None:
    index = laptop.client.index()
    archives = _archives(laptop)

    run = laptop.deploy()

    assert [name for name, stack in run.stacks.items() if stack.changed] == []
    assert laptop.client.index() == index
    assert _archives(laptop) == archives


def test_destroy_leaves_nothing_behind(laptop: Laptop) -> None:
    app = ("--app", str(laptop.folder / "cdk.out"))

    laptop.cdk("destroy", "--all", "--force", *app)

    assert laptop.aws.leftovers() == {"leftovers": [], "retained": []}


def _archives(laptop: Laptop) -> list[tuple[str, str]]:
    outputs = laptop.deployment.outputs
    listing = laptop.aws.client("s3").list_object_versions(
        Bucket=outputs["ArtifactBucket"], Prefix=outputs["Prefix"]
    )
    return [(version["Key"], version["VersionId"]) for version in listing["Versions"]]
