"""``bench`` on servers by address and on a platform's endpoint."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from inferctl.commands import _bench_plan
from inferctl.deployment import NotDeployedError
from inferctl.endpoint_client import InvocationError
from inferctl.environment import ROOT
from load_client.report_file import read_report
from tests.container.load_client.scripted_server import Request, ScriptedServer, answer, serving
from tests.support.verbs import run_verb

LOAD = ("--model", "m", "--input", "X=FP32:1,4", "--warm-up", "0")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serving(lambda _: answer(b'{"outputs": []}')) as running:
        yield running


def test_two_servers_are_measured_compared_priced_and_kept(
    server: ScriptedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"v2-http://127.0.0.1:{server.port}"
    report, page = tmp_path / "report.json", tmp_path / "report.html"

    status = run_verb(
        *("bench", "--server", f"plain={address}", "--server", f"neuron={address}", *LOAD),
        *("--calls", "19", "--batch", "1,4", "--concurrency", "1,2", "--json", str(report)),
        *("--html", str(page), "--instance-type", "neuron=inf1.2xlarge"),
    )

    lines = capsys.readouterr().out.splitlines()
    found = read_report(report)
    assert status == 0
    assert [(run.server, run.load.batch, run.load.concurrency) for run in found.runs] == [
        (server, batch, callers)
        for server in ("plain", "neuron")
        for batch in (1, 4)
        for callers in (1, 2)
    ]
    assert [price.server for price in found.prices] == ["neuron"]
    assert lines[0].startswith("  plain: 1 at once") and "19 calls, p50 " in lines[0]
    assert any("neuron " in line and " as plain: p50 " in line for line in lines)
    assert lines[-1].startswith("Price of neuron: $0.362 an hour, inf1.2xlarge in us-east-1")
    assert page.read_text().startswith("<!doctype html>")


def test_poisson_arrivals_at_a_rate(
    server: ScriptedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"

    status = run_verb(
        *("bench", "--server", f"v2-http://127.0.0.1:{server.port}", *LOAD, "--calls", "20"),
        *("--rate", "200", "--poisson", "--json", str(report)),
    )

    (run,) = read_report(report).runs
    assert status == 0
    assert (run.load.rate, run.load.arrivals) == (200.0, "poisson")
    assert "200/s poisson" in capsys.readouterr().out


def test_failed_calls_are_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    def script(request: Request) -> bytes:
        return answer(status=200 if request.path.endswith("ready") else 503)

    with serving(script) as server:
        status = run_verb(
            *("bench", "--server", f"a=v2-http://127.0.0.1:{server.port}", *LOAD, "--calls", "3")
        )

    assert status == 1
    assert "3 of 3 calls got no answer (100 %)" in capsys.readouterr().out


def test_a_server_that_is_not_ready_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(lambda _: answer(status=400)) as server:
        status = run_verb(
            *("bench", "--server", f"a=v2-http://127.0.0.1:{server.port}", *LOAD, "--wait", "0")
        )

    said = capsys.readouterr()
    assert status == 1
    assert "a: not ready" in said.out
    assert "is not ready, it had 0 s" in said.err


def test_a_report_that_cannot_be_written_is_status_1(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run_verb(
        *("bench", "--server", f"a=v2-http://127.0.0.1:{server.port}", *LOAD, "--calls", "3"),
        *("--html", "/dev/full"),
    )

    said = capsys.readouterr()
    assert status == 1
    assert "a       1 at once" in said.out
    assert "No space left on device" in said.err


def test_without_a_limit_a_load_lasts_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = []

    def run_plan(plan: object, **_: object) -> None:
        plans.append(plan)
        raise InvocationError("not now")

    monkeypatch.setattr("inferctl.commands.bench.run_plan", run_plan)
    for limit in ([], ["--calls", "5"], ["--seconds", "3"]):
        assert run_verb("bench", "--server", "v2-http://h", *LOAD, *limit) == 1

    shapes = [plan.shapes[0] for plan in plans]  # type: ignore[attr-defined]
    assert [(shape.seconds, shape.calls) for shape in shapes] == [(10, None), (None, 5), (3, None)]


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        (
            ("--server", "a=http://h", "--rate", "x", "--batch", "0"),
            [
                "--server needs --model, the model's name there",
                "--rate must be numbers separated by commas, got 'x'",
                "--batch must be at least 1, got 0",
                "no inputs: give --request FILE or --input NAME=...",
                "server 'a=http://h' must begin with one of tf-serving-grpc://",
            ],
        ),
        (
            ("--server", "a=v2-http://h", "--server", "a=v2-http://i", *LOAD, "--platform", "p"),
            ["--platform goes with a MODEL, not with --server", "two servers are called 'a'"],
        ),
        (
            ("--server", "a=v2-http://h", *LOAD, "--instance-type", "b=c5.xlarge"),
            ["--instance-type 'b' is no server's name (they are: a)"],
        ),
        (
            ("bert", "--model", "m", "--region", "r", "--seconds", "0", "--json", "/none/r.json"),
            [
                "--model goes with --server",
                "--region goes with --server; a platform has its own",
                "seconds must be above 0 and at most 1000000, got 0.0",
                "--json /none/r.json: there is no folder /none",
                "no 'bert' among them",
                "laptop is not there",
            ],
        ),
        (("minilm", "--server", "v2-http://h", *LOAD), ["name either a MODEL of the platform"]),
    ],
)
def test_bad_input_is_told_all_at_once(
    arguments: tuple[str, ...],
    problems: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def absent(_platform: object) -> None:
        raise NotDeployedError("laptop is not there")

    monkeypatch.setattr(_bench_plan, "deployment_of", absent)

    assert run_verb("bench", *arguments) == 2

    said = capsys.readouterr().err.splitlines()
    assert len(said) == len(problems)
    assert all(problem in line for problem, line in zip(problems, said, strict=True))


@dataclass
class FakeDeployment:
    """A deployed platform whose endpoint is a scripted server."""

    url: str
    endpoint: str = "laptop-models"
    refuses: str = ""

    def client(self) -> FakeDeployment:
        return self

    def target_model(self, model: str) -> str:
        if self.refuses:
            raise InvocationError(self.refuses)
        return f"{model}/0123.tar.gz"


def sagemaker(request: Request) -> bytes:
    """DescribeEndpoint and InvokeEndpoint."""
    if request.headers.get("x-amz-target") == "SageMaker.DescribeEndpoint":
        return answer(b'{"EndpointStatus": "InService"}')
    return answer(b'{"outputs": []}')


def test_a_platforms_model_gets_its_golden_request_and_the_archive_of_the_index(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    with serving(sagemaker) as server:
        monkeypatch.setattr(_bench_plan, "deployment_of", lambda _: FakeDeployment(server.url))
        status = run_verb(
            *("bench", "minilm", "--calls", "3", "--warm-up", "0", "--usd-per-hour", "0.5"),
            *("--json", str(report)),
        )
        calls = [each for each in server.requests if each.path.endswith("/invocations")]

    golden = json.loads((ROOT / "models" / "minilm" / "golden" / "request.json").read_bytes())
    (run,) = read_report(report).runs
    assert status == 0
    assert (run.server, run.model, run.address) == ("laptop", "minilm", "sagemaker://laptop-models")
    assert {call.path for call in calls} == {"/endpoints/laptop-models/invocations"}
    assert {call.headers["x-amzn-sagemaker-target-model"] for call in calls} == {
        "minilm/0123.tar.gz"
    }
    assert json.loads(calls[0].body) == golden
    assert "Price of laptop: $0.5 an hour" in capsys.readouterr().out


def test_a_request_of_ones_own_goes_before_the_golden_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(sagemaker) as server:
        monkeypatch.setattr(_bench_plan, "deployment_of", lambda _: FakeDeployment(server.url))
        status = run_verb("bench", "minilm", "--calls", "1", "--input", "INPUT0=BYTES:1,1")
        body = json.loads(server.requests[-1].body)

    assert status == 0
    assert body["inputs"][0]["shape"] == [1, 1]


def test_a_platform_without_an_index_is_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = FakeDeployment("http://127.0.0.1:1", refuses="s3://bucket/index.json cannot be read")
    monkeypatch.setattr(_bench_plan, "deployment_of", lambda _: broken)

    assert run_verb("bench", "minilm") == 1
    assert "index.json cannot be read" in capsys.readouterr().err


def test_interrupted_it_reports_what_was_done(server: ScriptedServer, tmp_path: Path) -> None:
    roots = [ROOT, ROOT / "constructs", ROOT / "lambda", ROOT / "container" / "load_client"]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "inferctl.cli", "bench", *LOAD, "--seconds", "600"),
            *("--server", f"a=v2-http://127.0.0.1:{server.port}", "--concurrency", "2,4"),
            *("--json", str(tmp_path / "report.json")),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots))},
    )
    for _ in range(600):
        if len(server.requests) > 200:
            break
        time.sleep(0.05)

    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=30)

    (run,) = read_report(tmp_path / "report.json").runs
    assert process.returncode == 1
    assert run.interrupted
    assert run.calls > 100
    assert "a (2 at once): stopped by hand after" in printed
