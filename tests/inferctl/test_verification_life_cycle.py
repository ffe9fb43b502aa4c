"""Deployments that a wrong or a late model takes back: embedded AWS, real server.

The tests run in the order of the file: each continues where the one before it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from inferctl.deployment import Deployment, read_deployment
from inferctl.localaws.serving.host_runner import choose_runner
from inferctl.localaws.serving.runner import StartError
from model_artifacts.verdict import is_proven
from tests.inferctl.transitions.platform_account import (
    REGION,
    DeploymentFailedError,
    PlatformAccount,
    platform_account,
)

pytestmark = pytest.mark.server

PLATFORM = """
platform: tiny
deploy_to: embedded
region: us-east-1
removal: destroy
network: {nat_gateways: 1}
endpoint:
  scaling: off
  verification: {latency_ms: 400, attempts: 2}
  environment: {SAGEMAKER_TRITON_ADDITIONAL_ARGS: --disable-auto-complete-config}
models: [{name: one}, {name: two}, {name: three}]
"""
MODEL = """
description: multiplies two numbers
licence: Apache-2.0
golden: {request: golden/request.json, answer: golden/answer.json, max_absolute_error: 1.0e-6}
builds:
  laptop: {targets: [cpu], overlays: [repository], precision: fp32, shapes: {X: [2]}}
"""
CONFIG = """
backend: "python"
max_batch_size: 0
input [ { name: "X" data_type: TYPE_FP32 dims: [ 2 ] } ]
output [ { name: "Y" data_type: TYPE_FP32 dims: [ 2 ] } ]
instance_group [ { kind: KIND_CPU } ]
"""
CODE = """
import time

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        time.sleep({seconds})
        answers = []
        for request in requests:
            x = pb_utils.get_input_tensor_by_name(request, "X").as_numpy()
            y = pb_utils.Tensor("Y", (x * {factor}).astype(np.float32))
            answers.append(pb_utils.InferenceResponse([y]))
        return answers
"""
REQUEST = {"inputs": [{"name": "X", "shape": [2], "datatype": "FP32", "data": [1, 10]}]}


@dataclass(frozen=True)
class Tiny:
    """One embedded AWS with three models on it."""

    account: PlatformAccount

    def write(
        self, name: str, factor: float, *, golden: float | None = None, seconds: float = 0
    ) -> None:
        """A model's folder; ``golden`` is what its golden answer believes the factor to be."""
        folder = self.account.models / name
        (folder / "repository" / "m" / "1").mkdir(parents=True, exist_ok=True)
        (folder / "golden").mkdir(exist_ok=True)
        believed = factor if golden is None else golden
        data = [believed, 10 * believed]
        answer = {"outputs": [{"name": "Y", "shape": [2], "datatype": "FP32", "data": data}]}
        (folder / "golden" / "request.json").write_text(json.dumps(REQUEST))
        (folder / "golden" / "answer.json").write_text(json.dumps(answer))
        (folder / "model.yaml").write_text(MODEL)
        (folder / "repository" / "m" / "config.pbtxt").write_text(CONFIG)
        code = CODE.format(factor=factor, seconds=seconds)
        (folder / "repository" / "m" / "1" / "model.py").write_text(code)

    def deploy(self) -> list[str]:
        """Deploy the models as they are; raises `DeploymentFailedError` with CloudFormation's
        reasons."""
        return self.account.deploy(PLATFORM)

    @property
    def deployment(self) -> Deployment:
        """What CloudFormation says is there."""
        return read_deployment("tiny", region=REGION, url=self.account.aws.url)

    def answers(self) -> dict[str, list[float]]:
        """What callers get who read the index."""
        client = self.deployment.client()
        body = json.dumps(REQUEST).encode()
        return {
            name: client.invoke(client.target_model(name), body).json()["outputs"][0]["data"]
            for name in ("one", "two", "three")
        }

    def status(self) -> str:
        """Of the endpoint's stack."""
        client = self.account.aws.client("cloudformation")
        stacks = client.describe_stacks(StackName="tiny-endpoint")
        return str(stacks["Stacks"][0]["StackStatus"])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tiny]:
    try:
        choose_runner()
    except StartError as error:
        pytest.skip(str(error))
    with platform_account(tmp_path_factory.mktemp("tiny")) as account:
        tiny = Tiny(account)
        tiny.write("one", 2)
        tiny.write("two", 3)
        tiny.write("three", 7)
        yield tiny


def test_a_deployment_is_done_when_every_model_has_answered(tiny: Tiny) -> None:
    tiny.deploy()

    assert tiny.deployment.outputs["VerifiedModels"] == "3"
    models = tiny.deployment.client().index()["models"].values()
    assert [is_proven(model["current"]) for model in models] == [True] * 3


def test_wrong_and_late_models_are_taken_back_and_the_old_ones_answer(tiny: Tiny) -> None:
    tiny.write("one", 4)
    tiny.write("two", 5, golden=6)
    tiny.write("three", 7, seconds=0.6)

    with pytest.raises(DeploymentFailedError) as caught:
        tiny.deploy()

    said = str(caught.value)
    assert "2 of 3 models differ: model three: answers late: 6" in said
    assert (
        " ms at best of 2 warm calls, 400 ms are allowed; model two: output Y[1] is 50, golden is"
        " 60: differs by 10, allowed is 1e-06, and 1 more of 2 elements differ; the artifacts from"
        " before serve again: three, two (log: "
    ) in said
    assert tiny.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert tiny.answers() == {"one": [4, 40], "two": [3, 30], "three": [7, 70]}


def test_the_right_models_pass_after_the_wrong_ones(tiny: Tiny) -> None:
    tiny.write("two", 5)
    tiny.write("three", 8)

    tiny.deploy()

    assert tiny.answers() == {"one": [4, 40], "two": [5, 50], "three": [8, 80]}
    assert tiny.status() == "UPDATE_COMPLETE"


def test_deletion_leaves_nothing_of_the_verification_behind(tiny: Tiny) -> None:
    tiny.account.destroy()

    stacks = tiny.account.aws.client("cloudformation").describe_stacks()["Stacks"]
    assert stacks == []
    buckets = tiny.account.aws.client("s3").list_buckets()["Buckets"]
    assert [bucket["Name"] for bucket in buckets if "assets" not in bucket["Name"]] == []
