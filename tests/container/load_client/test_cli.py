"""The command: exit statuses, what it prints, keeps and ships, and how it is stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from load_client.cli import complete, main
from load_client.console import report_text
from load_client.engine import FirstCall
from load_client.plan import Outcome
from load_client.report_file import parse_report, read_report
from tests.container.load_client.scripted_server import Request, ScriptedServer, answer, serving
from tests.container.load_client.simulated import any_report, any_run

ROOT = Path(__file__).resolve().parents[3]
LOAD = ("--model", "m", "--input", "X=FP32:1,4")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serving(lambda _: answer(b'{"outputs": []}')) as running:
        yield running


def test_a_measured_load_is_printed_and_kept(
    server: ScriptedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = (tmp_path / "report.json", tmp_path / "report.html")
    address = f"v2-http://127.0.0.1:{server.port}"

    status = main(
        [
            *(f"plain={address}", f"other={address}", *LOAD, "--calls", "19", "--warm-up", "0"),
            *("--json", str(files[0]), "--html", str(files[1])),
        ]
    )

    lines = capsys.readouterr().out.splitlines()
    report = read_report(files[0])
    assert status == 0
    assert [(run.server, run.calls) for run in report.runs] == [("plain", 19), ("other", 19)]
    assert files[1].read_text().startswith("<!doctype html>")
    assert any(line.startswith("plain   1 at once") for line in lines)
    summary = json.loads(lines[-1])
    assert summary["runs"][1]["server"] == "other"
    assert "histogram" not in summary["runs"][0]


def test_failed_calls_are_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def script(request: Request) -> bytes:
        return answer(status=200 if request.path.endswith("ready") else 503)

    with serving(script) as server:
        status = main([f"a=v2-http://127.0.0.1:{server.port}", *LOAD, "--calls", "3"])

    assert status == 1
    assert "3 of 3 calls got no answer (100 %)" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_ready_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(lambda _: answer(status=400)) as server:
        status = main([f"v2-http://127.0.0.1:{server.port}", *LOAD, "--calls", "1", "--wait", "0"])

    assert status == 1
    assert "is not ready, it had 0 s; last answer: /v2/models/m/ready" in capsys.readouterr().err


def test_unusable_input_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["x://h", "--model", "m"]) == 2

    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 3
    assert "no inputs: give --request FILE or --input NAME=..." in errors


def test_the_report_and_the_page_are_shipped(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(lambda _: answer(b"")) as s3:
        status = main(
            [
                *(f"v2-http://127.0.0.1:{server.port}", *LOAD, "--calls", "2"),
                *("--ship", "s3://reports/ei/", "--region", "us-east-1", "--endpoint-url", s3.url),
                *("--title", "Plain / accelerated"),
            ]
        )
        puts = {request.path: request.body for request in s3.requests}

    assert status == 0
    page, report = sorted(puts)
    assert page.startswith("/reports/ei/plain-accelerated-20")
    assert page.endswith(".html")
    assert b"load-report" in puts[report]
    assert f"shipped to s3:/{report}" in capsys.readouterr().out


def test_a_refused_shipment_is_status_1(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = answer(b"<Error><Code>AccessDenied</Code></Error>", 403)
    with serving(lambda _: reply) as s3:
        status = main(
            [
                *(f"v2-http://127.0.0.1:{server.port}", *LOAD, "--calls", "2"),
                *("--ship", "s3://reports/ei/", "--region", "us-east-1", "--endpoint-url", s3.url),
            ]
        )

    assert status == 1
    assert "cannot be written: An error occurred (AccessDenied)" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal_it_reports_what_was_done(
    server: ScriptedServer, tmp_path: Path, number: signal.Signals
) -> None:
    paths = [str(ROOT / "container" / "load_client"), str(ROOT / "lambda")]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "load_client", f"a=v2-http://127.0.0.1:{server.port}", *LOAD),
            *("--seconds", "600", "--concurrency", "2", "--json", str(tmp_path / "r.json")),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    for _ in range(300):
        if len(server.requests) > 200:
            break
        time.sleep(0.05)

    process.send_signal(number)
    printed, _ = process.communicate(timeout=30)

    report = parse_report((tmp_path / "r.json").read_bytes(), name="r.json")
    assert process.returncode == 1
    assert report.interrupted
    assert report.runs[0].calls > 100
    assert report.runs[0].failures == 0
    assert "stopped by hand after" in printed


def test_a_failure_is_told_in_one_line_with_the_servers_words() -> None:
    run = any_run(
        errors={"http 500": 3}, error_messages={"http 500": "h answered 500: no\nroom \x1b[31m"}
    )

    lines = report_text(any_report(run)).splitlines()

    assert any(line.endswith("3 x http 500: h answered 500: no room [31m") for line in lines)


def test_a_first_call_without_an_answer_is_not_everything_answered() -> None:
    run = any_run(first=FirstCall(milliseconds=3.0, error="http 503"))
    answered = any_run(first=FirstCall(milliseconds=3.0))

    assert not complete(Outcome(report=any_report(run), problem=None, stopped=False))
    assert complete(Outcome(report=any_report(answered), problem=None, stopped=False))
