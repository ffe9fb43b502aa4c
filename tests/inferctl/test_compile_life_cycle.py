"""Two tiny models that compile on deployment: stock CDK CLI, embedded AWS, real jobs.

The tests run in the order of the file: each continues where the one before it stopped.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from onnx import TensorProto

from inferctl.cdk_cli import CdkFailedError, CdkRun, cdk
from inferctl.deployment import read_deployment
from inferctl.environment import ROOT
from inferctl.exporters.graph import GraphWriter, write_model
from inferctl.localaws.app import LocalAws
from inferctl.localaws.clients import ACCOUNT
from stacks.application import build_app
from stacks.config import load_platform

pytestmark = pytest.mark.server

T = TypeVar("T")
REGION = "us-east-1"
STATUSES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")
PLATFORM = """
platform: tiny
deploy_to: embedded
region: us-east-1
removal: destroy
network: {nat_gateways: 1}
models: [{name: one}, {name: two}]
"""
MODEL = """
description: scales four numbers
licence: Apache-2.0
golden: null
builds:
  laptop:
    targets: [cpu]
    overlays: [repository]
    precision: fp32
    shapes: {INPUT0: [4]}
    compile:
      engine: onnxruntime
      input: scale/1/uncompiled.onnx
      output: scale/1/model.onnx
      verify: {request: golden/request.json, max_absolute_error: 1.0e-6, minimum_cosine: 0.99999}
"""
CONFIG = """
backend: "python"
max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 4 ] } ]
"""
CODE = "class TritonPythonModel:\n    def execute(self, requests):\n        return []\n"
REQUEST = {
    "inputs": [{"name": "INPUT0", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}]
}


@dataclass(frozen=True)
class Done:
    """Names of all executions, and all jobs that ever were, by the status of each."""

    executions: dict[str, str]
    jobs: dict[str, str]


@dataclass
class Tiny:
    """One embedded AWS with two models on it."""

    aws: LocalAws
    folder: Path
    before: Done = field(default_factory=lambda: Done({}, {}))

    def write(self, name: str, factor: float, operator: str = "Mul") -> None:
        """The folder of a model."""
        folder = self.folder / "models" / name
        version = folder / "repository" / "scale" / "1"
        version.mkdir(parents=True, exist_ok=True)
        (folder / "golden").mkdir(exist_ok=True)
        (folder / "model.yaml").write_text(MODEL)
        (folder / "golden" / "request.json").write_text(json.dumps(REQUEST))
        (version.parent / "config.pbtxt").write_text(CONFIG)
        (version / "model.py").write_text(CODE)
        graph = GraphWriter(name)
        graph.input("INPUT0", TensorProto.FLOAT, ["batch", 4])
        weight = graph.weight("factor", np.array([factor], np.float32))
        graph.node(operator, ["INPUT0", weight], "OUTPUT0")
        graph.output("OUTPUT0", ["batch", 4])
        write_model(graph.model(), version / "uncompiled.onnx")

    def cdk(self, *arguments: str) -> CdkRun:
        """The stock CLI on the newest assembly."""
        return cdk(
            arguments,
            url=self.aws.url,
            region=REGION,
            on_progress=lambda _text: None,
            cwd=self.folder,
        )

    def synthesize(self) -> None:
        """Make the assembly of the models as they are."""
        file = self.folder / "tiny.yaml"
        file.write_text(PLATFORM)
        platform = load_platform(file, models_root=self.folder / "models")
        context = json.loads((ROOT / "cdk.json").read_text())["context"]
        build_app(platform, context=context, outdir=self.folder / "out").synth()

    def deploy(self) -> CdkRun:
        """Synthesize and deploy; `new` then says what that did."""
        self.before = self.done()
        self.synthesize()
        return self.cdk("deploy", "--all", "--app", "out", "--require-approval", "never")

    @contextlib.contextmanager
    def deploying(self) -> Iterator[Future[CdkRun]]:
        """A deployment beside what the test does to it."""
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(self.deploy)

    @property
    def new(self) -> tuple[list[str], list[str]]:
        """How the executions and the jobs ended that came after the newest `deploy` began."""
        now = self.done()
        return (
            [now.executions[name] for name in now.executions.keys() - self.before.executions],
            [now.jobs[name] for name in now.jobs.keys() - self.before.jobs],
        )

    def done(self) -> Done:
        """What there is by now."""
        return Done(
            {one["name"]: one["status"] for one in self.executions("fleet")},
            {one["jobId"]: one["status"] for one in self.jobs()},
        )

    def jobs(self) -> list[dict[str, Any]]:
        """Of all queues, in any status."""
        batch = self.aws.client("batch")
        return [
            job
            for queue in batch.describe_job_queues()["jobQueues"]
            for status in STATUSES
            for job in batch.list_jobs(jobQueue=queue["jobQueueArn"], jobStatus=status)[
                "jobSummaryList"
            ]
        ]

    def executions(self, word: str) -> list[dict[str, Any]]:
        """Those whose input has ``word``: ``fleet`` for compiles, ``ResponseURL`` for waiting."""
        states = self.aws.client("stepfunctions")
        found = [
            states.describe_execution(executionArn=one["executionArn"])
            for machine in states.list_state_machines()["stateMachines"]
            for one in states.list_executions(stateMachineArn=machine["stateMachineArn"])[
                "executions"
            ]
        ]
        return [one for one in found if word in json.loads(one["input"])]

    def running_job(self) -> str:
        """Waits for a job whose process runs."""
        job: str = until(
            lambda: next(
                (
                    job["jobId"]
                    for job in self.jobs()
                    if job["status"] == "RUNNING" and self.aws.batch.pid(job["jobId"]) is not None
                ),
                None,
            )
        )
        return job

    def read(self, key: str) -> dict[str, Any]:
        """JSON below the prefix."""
        outputs = read_deployment("tiny", region=REGION, url=self.aws.url).outputs
        found = self.aws.client("s3").get_object(
            Bucket=outputs["ArtifactBucket"], Key=outputs["Prefix"] + key
        )
        value: dict[str, Any] = json.loads(found["Body"].read())
        return value

    def index(self) -> dict[str, Any]:
        """What is published, after a look at each archive."""
        index = self.read("index.json")
        outputs = read_deployment("tiny", region=REGION, url=self.aws.url).outputs
        for model in index["models"].values():
            key = outputs["Prefix"] + model["current"]["key"]
            self.aws.client("s3").head_object(Bucket=outputs["ArtifactBucket"], Key=key)
        return index


def until(look: Callable[[], T | None], seconds: float = 30) -> T:
    """What ``look`` finds at last."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        threading.Event().wait(0.02)
    raise AssertionError("never happened")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tiny]:
    folder = tmp_path_factory.mktemp("tiny")
    with LocalAws(folder / "aws") as aws:
        tiny = Tiny(aws, folder)
        tiny.write("one", 2)
        tiny.write("two", 3)
        tiny.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}")
        yield tiny


def test_first_deployment_compiles_each_model_once(tiny: Tiny) -> None:
    tiny.deploy()

    assert tiny.new == (["SUCCEEDED"], ["SUCCEEDED", "SUCCEEDED"])
    for name, model in tiny.index()["models"].items():
        current = model["current"]
        assert current["report"] == f"reports/{name}/{current['digest'][:16]}.json"
        assert name in json.dumps(tiny.read(current["report"]))


def test_second_deployment_starts_nothing(tiny: Tiny) -> None:
    index = tiny.index()

    tiny.deploy()

    assert tiny.new == ([], [])
    assert tiny.index() == index


def test_one_changed_model_is_one_job_and_a_lost_machine_is_replaced(tiny: Tiny) -> None:
    before = tiny.index()["models"]
    tiny.write("two", 4)

    with tiny.deploying() as deployment:
        job = tiny.running_job()
        assert tiny.aws.batch.lose_host(job)
        deployment.result()

    assert tiny.new == (["SUCCEEDED"], ["SUCCEEDED"])
    (described,) = tiny.aws.client("batch").describe_jobs(jobs=[job])["jobs"]
    assert len(described["attempts"]) == 2
    after = tiny.index()["models"]
    assert after["one"] == before["one"]
    assert after["two"]["current"] != before["two"]["current"]


def test_compiler_error_fails_the_deployment_and_the_old_index_serves(tiny: Tiny) -> None:
    before = tiny.index()["models"]
    tiny.write("two", 5, operator="NoSuchOperator")

    with pytest.raises(CdkFailedError):
        tiny.deploy()

    events = tiny.aws.client("cloudformation").describe_stack_events(StackName="tiny-models")
    said = next(
        event["ResourceStatusReason"]
        for event in events["StackEvents"]
        if event["ResourceType"] == "Custom::ModelFleet"
        and event["ResourceStatus"] == "UPDATE_FAILED"
    )
    assert "1 of 2 models failed, the index is unchanged: model two: compile failed: " in said
    assert "(log: Batch job " in said
    _, jobs = tiny.new
    assert jobs == ["FAILED"]
    assert tiny.index()["models"] == before


def test_delete_during_a_compile_leaves_nothing_running(tiny: Tiny) -> None:
    tiny.write("two", 6)
    with tiny.deploying() as deployment:
        pid = tiny.aws.batch.pid(tiny.running_job())
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        # what CloudFormation does itself after an hour: the stack goes back, the compile goes on
        for one in tiny.executions("ResponseURL"):
            if one["status"] == "RUNNING":
                fail(json.loads(one["input"]))
        with pytest.raises(CdkFailedError):
            deployment.result()
    assert tiny.new == (["RUNNING"], ["RUNNING"])
    jobs = [job["jobId"] for job in tiny.jobs()]
    with ThreadPoolExecutor(1) as pool:
        destroying = pool.submit(tiny.cdk, "destroy", "--all", "--force", "--app", "out")
        until(lambda: all(one["status"] != "RUNNING" for one in tiny.executions("fleet")))
        with contextlib.suppress(ProcessLookupError):
            # the signal that ends it is waiting for this one
            os.kill(pid, signal.SIGCONT)
        destroying.result()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert all(tiny.aws.batch.wait(job, seconds=0) for job in jobs)
    assert tiny.executions("fleet") == []
    assert tiny.aws.leftovers() == {"leftovers": [], "retained": []}


def fail(event: dict[str, Any]) -> None:
    """Answer a custom resource's request in place of its function."""
    fields = ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId")
    answer = {name: event[name] for name in fields} | {"Status": "FAILED", "Reason": "too late"}
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT"
    )
    with urllib.request.urlopen(request, timeout=10):
        pass
