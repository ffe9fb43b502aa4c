"""What ``up`` and ``down`` say and return when their steps succeed, fail or cannot serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from golden_answers import Comparison
from inferctl.cdk_cli import CdkFailedError, CdkRun, StackRun
from inferctl.cli import main
from inferctl.cluster_view import ClusterStack, ServiceView
from inferctl.commands import down, up
from inferctl.commands._two_steps import TwoStepsNeededError
from inferctl.deployment import Deployment
from inferctl.endpoint_client import InvocationError
from inferctl.environment import ROOT
from inferctl.localaws.serving.runner import StartError
from inferctl.localaws.state import State
from inferctl.questions import Reply
from stacks.config import load_platform

URL = "http://localhost:1"
GOOD = Comparison("out", 384, 1e-7, 1.0, None)
WRONG = Comparison("out", 384, 0.5, 0.2, "output out differs by 0.5, allowed is 0.001")


class Steps:
    """Every step of ``up`` that needs the outside, replaced by what a test wants of it."""

    def __init__(self) -> None:
        self.stacks = {"CDKToolkit"}
        self.cdk_calls: list[list[str]] = []
        self.cdk_error: Exception | None = None
        self.replies = [Reply("minilm", "minilm/0.tar.gz", 2.0, 0.024, GOOD)]
        self.failures: list[Exception] = []
        self.unserved: str | None = None
        self.cluster: ClusterStack | None = None
        self.services: list[ServiceView] = []
        self.pools: dict[str, str] = {}
        self.outputs: dict[str, str] = {}

    def cdk(self, arguments: list[str], **_: Any) -> CdkRun:
        self.cdk_calls.append(arguments)
        if self.cdk_error is not None:
            raise self.cdk_error
        return CdkRun({"laptop-network": StackRun(changed=True, seconds=1.5)})

    def choose_runner(self, **_: Any) -> None:
        if self.unserved is not None:
            raise StartError(self.unserved)

    def read_services(
        self, _client: object, _cluster: ClusterStack, *, pools: dict[str, str]
    ) -> list[ServiceView]:
        self.pools = pools
        return self.services


class Client:
    """Stands for the endpoint's client; the questions are replaced too."""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    steps = Steps()
    deployment = Deployment("laptop", "us-east-1", URL, {"laptop-network": 28}, steps.outputs)
    replacements: dict[str, Any] = {
        "is_cached": lambda _weights: True,
        "choose_runner": steps.choose_runner,
        "start": lambda **_: State(1, 1, URL, "now"),
        "stack_names": lambda **_: steps.stacks,
        "cdk": steps.cdk,
        "read_deployment": lambda *_, **__: deployment,
        "ask_all": lambda *_: (steps.replies, steps.failures),
        "read_cluster": lambda *_, **__: steps.cluster,
        "ecs_client": lambda **_: None,
        "read_services": steps.read_services,
    }
    for name, replacement in replacements.items():
        monkeypatch.setattr(up, name, replacement)
    monkeypatch.setattr(Deployment, "client", lambda _self: Client())
    return steps


def with_cluster(plan: SimpleNamespace | None) -> Callable[[Path], Any]:
    """``load`` that gives the platform this cluster section."""

    def load(path: Path) -> Any:
        platform = load_platform(path, models_root=ROOT / "models")
        return SimpleNamespace(
            **{name: getattr(platform, name) for name in ("path", "name", "deploy_to", "region")},
            **{name: getattr(platform, name) for name in ("endpoint", "models")},
            cluster=plan,
        )

    return load


def test_up_ends_with_stacks_answers_and_what_to_do_next(
    steps: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up"]) == 0

    said = capsys.readouterr().out
    assert "laptop-network" in said and "28" in said and "1.5" in said
    assert "384 numbers, golden" in said and "24.0 ms" in said
    assert "resnet50 and inception: seeded weights" in said
    assert "make down" in said
    assert [call[0] for call in steps.cdk_calls] == ["deploy"]


def test_up_shows_what_runs_on_the_cluster(
    steps: Steps, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = SimpleNamespace(
        services=[SimpleNamespace(name="resnet", pool=SimpleNamespace(name="inf1"))]
    )
    monkeypatch.setattr(up, "load", with_cluster(plan))
    steps.cluster = ClusterStack(cluster="c", outputs={}, services={})
    row = ServiceView(
        service="resnet",
        pool="inf1",
        instance_types=("inf1.6xlarge",),
        running=3,
        desired=4,
        chips="0-3",
        url=f"http://{'internal-' * 9}resnet.elb",
    )
    steps.services = [row, replace(row, service="bert", instance_types=(), chips="", url=None)]
    monkeypatch.setenv("COLUMNS", "60")

    assert main(["up"]) == 0

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["service", "pool", "instance", "type", "tasks", "chips"] in lines
    assert ["resnet", "inf1", "inf1.6xlarge", "3/4", "0-3"] in lines
    assert ["bert", "inf1", "-", "3/4", "-"] in lines
    assert ["resnet", row.url] in lines, "whole, on a line of its own"
    assert steps.pools == {"resnet": "inf1"}


def test_up_without_a_cluster_has_no_table_of_services(
    steps: Steps, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "load", with_cluster(None))
    monkeypatch.setattr(up, "read_cluster", lambda *_, **__: pytest.fail("asked for a cluster"))

    assert main(["up"]) == 0

    assert "chips" not in capsys.readouterr().out
    assert steps.pools == {}


def test_up_bootstraps_an_account_that_is_not(steps: Steps) -> None:
    steps.stacks = set()

    assert main(["up"]) == 0
    assert steps.cdk_calls[0] == ["bootstrap", "aws://123456789012/us-east-1"]


def test_wrong_answer_is_a_failure_that_names_the_model(
    steps: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    steps.replies = [Reply("minilm", "minilm/0.tar.gz", 2.0, 0.024, WRONG)]

    assert main(["up"]) == 1

    captured = capsys.readouterr()
    assert "minilm: output out differs by 0.5" in captured.err
    assert "NOT GOLDEN" in captured.out


def test_failed_call_does_not_hide_the_other_answers(
    steps: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    steps.failures = [InvocationError("resnet50 (resnet50/0.tar.gz): ModelError")]

    assert main(["up"]) == 1

    captured = capsys.readouterr()
    assert "resnet50 (resnet50/0.tar.gz): ModelError" in captured.err
    assert "384 numbers, golden" in captured.out


def test_host_that_cannot_serve_deploys_everything_and_says_so(
    steps: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    steps.unserved = "the tritonserver binary needs Linux on x86_64, and this is Darwin on arm64"
    steps.failures = [InvocationError("must not be asked")]

    assert main(["up"]) == 0

    said = capsys.readouterr().out
    assert "everything is deployed but nothing serves" in said
    assert "Darwin on arm64" in said
    (deploy,) = steps.cdk_calls
    assert "verification=off" in deploy


def test_host_that_serves_lets_the_deployment_verify_and_says_how_many(
    steps: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    steps.outputs["VerifiedModels"] = "3"

    assert main(["up"]) == 0

    assert "3 models answer their goldens" in capsys.readouterr().out
    (deploy,) = steps.cdk_calls
    assert "verification=off" not in deploy


def test_failing_cli_is_shown_without_a_traceback(
    steps: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    steps.cdk_error = CdkFailedError("cdk deploy exited with 1\n  Vpc: no such thing")

    assert main(["up"]) == 1
    assert "Vpc: no such thing" in capsys.readouterr().err


def test_up_again_synthesizes_once_and_deploys_what_was_checked(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.stacks = {"CDKToolkit", "laptop-network", "laptop-endpoint", "other-network"}
    checked: list[tuple[list[str], Path]] = []

    def check(stacks: list[str], assembly: Path, **_: Any) -> None:
        checked.append((stacks, assembly))

    monkeypatch.setattr(up, "refuse_two_steps", check)

    assert main(["up"]) == 0

    ((stacks, assembly),) = checked
    assert stacks == ["laptop-network", "laptop-endpoint"]
    synth, deploy = steps.cdk_calls
    assert synth[0] == "synth" and str(assembly) in synth
    assert deploy[0] == "deploy" and deploy[-2:] == ["--app", str(assembly)]


def test_a_change_that_needs_two_deployments_is_refused_with_both(
    steps: Steps, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps.stacks = {"CDKToolkit", "laptop-endpoint"}

    def refuse(*_: Any, **__: Any) -> None:
        raise TwoStepsNeededError("nothing was deployed: a change needs two deployments on AWS")

    monkeypatch.setattr(up, "refuse_two_steps", refuse)

    assert main(["up"]) == 1

    assert "a change needs two deployments" in capsys.readouterr().err
    assert [call[0] for call in steps.cdk_calls] == ["synth"]


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    stopped: list[bool] = []
    monkeypatch.setattr(down, "running_url", lambda: URL)
    monkeypatch.setattr(down, "cdk", lambda *_, **__: CdkRun())
    monkeypatch.setattr(down, "stop", lambda: stopped.append(True))
    return stopped


def test_down_without_leftovers_succeeds_and_stops_the_embedded_aws(
    stopped: list[bool], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(down, "_leftovers", lambda _url: [])

    assert main(["down"]) == 0
    assert stopped == [True]
    assert "nothing is left" in capsys.readouterr().out


def test_leftovers_are_named_and_a_failure(
    stopped: list[bool], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(down, "_leftovers", lambda _url: ["s3 forgotten-bucket"])

    assert main(["down"]) == 1
    assert stopped == [True]
    assert "left behind: s3 forgotten-bucket" in capsys.readouterr().err


def test_failed_destroy_keeps_the_embedded_aws_for_a_look(
    stopped: list[bool], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any, **__: Any) -> CdkRun:
        raise CdkFailedError("cdk destroy exited with 1\n  BucketNotEmpty")

    monkeypatch.setattr(down, "cdk", fail)

    assert main(["down"]) == 1
    assert stopped == []
    assert "BucketNotEmpty" in capsys.readouterr().err


def test_prepared_platform_file_is_the_one_that_is_deployed(steps: Steps) -> None:
    assert main(["up"]) == 0

    context = [argument for argument in steps.cdk_calls[0] if argument.startswith("platform=")]
    assert Path(context[0].removeprefix("platform=")).name == "laptop.yaml"
