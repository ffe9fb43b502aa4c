"""The job as a process: its exit status, what it leaves behind, and how it dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.container.model_compiler.conftest import Install
from tests.support.compile_release import ONNXRUNTIME, RECORD_KEY, TENSORRT, Release, write_release

ROOT = Path(__file__).resolve().parents[3]
PATHS = [str(ROOT / "container/model_compiler"), str(ROOT / "lambda")]


def _client(server: str) -> Any:
    return boto3.client("s3", region_name="us-east-1", endpoint_url=server)


def _start(server: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "model_compiler"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(PATHS),
            "AWS_ENDPOINT_URL": server,
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _run(server: str, environment: dict[str, str]) -> tuple[int, str]:
    process = _start(server, environment)
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


def _keys(server: str) -> list[str]:
    found = _client(server).list_objects_v2(Bucket="artifacts").get("Contents", [])
    return [item["Key"] for item in found if item["Key"] != RECORD_KEY]


def _failure(server: str, release: Release) -> dict[str, str]:
    body = _client(server).get_object(Bucket="artifacts", Key=release.failure_key)["Body"]
    failure: dict[str, str] = json.loads(body.read())
    return failure


def test_a_job_ends_with_0_and_so_does_its_repetition(server: str, tmp_path: Path) -> None:
    release = write_release(_client(server), tmp_path, ONNXRUNTIME)

    first = _run(server, release.environment)
    again = _run(server, release.environment)

    assert first[0] == again[0] == 0
    assert sorted(_keys(server)) == sorted([release.archive_key, release.report_key])
    assert "is there already" in again[1]
    assert "compile" not in again[1].split("is there already")[1]


def test_wrong_settings_end_with_2_naming_them_all(server: str) -> None:
    status, output = _run(server, {"MODEL_COMPILER_PREFIX": "no-slash"})

    assert status == 2
    assert "MODEL_COMPILER_PREFIX must end with '/'" in output
    assert "MODEL_COMPILER_MODEL is required" in output


def test_wrong_input_ends_with_2_and_says_so_in_s3(server: str, tmp_path: Path) -> None:
    s3 = _client(server)
    release = write_release(s3, tmp_path, ONNXRUNTIME)
    s3.delete_object(Bucket="sources", Key=release.settings.source_pack_key)

    status, _ = _run(server, {**release.environment, "AWS_BATCH_JOB_ID": "0123"})

    assert status == 2
    assert _keys(server) == [release.failure_key]
    failure = _failure(server, release)
    assert (failure["model"], failure["step"]) == ("net", "fetch")
    assert failure["reason"].endswith(".pack does not exist")
    assert failure["log"] == "Batch job 0123"


def test_a_compiler_error_ends_with_3_and_the_end_of_its_log(
    server: str, tmp_path: Path, install: Install
) -> None:
    install("nvidia-smi", "nvidia_smi.py")
    install("trtexec", "trtexec.py", fails="no importer for operator NonZero")
    release = write_release(_client(server), tmp_path, TENSORRT, target="g5")

    status, _ = _run(server, release.environment)

    assert status == 3
    assert _failure(server, release)["step"] == "compile"
    assert "no importer for operator NonZero" in _failure(server, release)["reason"]


def test_a_wrong_plan_ends_with_4_and_is_not_published(
    server: str, tmp_path: Path, install: Install
) -> None:
    install("nvidia-smi", "nvidia_smi.py")
    install("trtexec", "trtexec.py", drift="0.5")
    release = write_release(_client(server), tmp_path, TENSORRT, target="g5")

    status, _ = _run(server, release.environment)

    assert status == 4
    assert _keys(server) == [release.failure_key]
    assert _failure(server, release)["step"] == "verify"


def test_the_wrong_host_ends_with_5(server: str, tmp_path: Path, install: Install) -> None:
    install("nvidia-smi", "nvidia_smi.py", gpu="Tesla T4, 7.5, 15360 MiB, 580.95.05")
    install("trtexec", "trtexec.py")
    release = write_release(_client(server), tmp_path, TENSORRT, target="g5")

    status, _ = _run(server, release.environment)

    assert status == 5
    assert "this host has Tesla T4 (7.5)" in _failure(server, release)["reason"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_job_killed_while_it_compiles_leaves_nothing_behind(
    server: str, tmp_path: Path, install: Install, number: signal.Signals
) -> None:
    release = write_release(_client(server), tmp_path, TENSORRT, target="g5")
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    status, output, compiler = _kill(server, release, install, scratch, number)

    assert _keys(server) == []
    assert _client(server).list_multipart_uploads(Bucket="artifacts").get("Uploads", []) == []
    if number == signal.SIGTERM:
        assert status == 5
        assert "stopped during compile" in output
        assert list(scratch.iterdir()) == []
        with pytest.raises(ProcessLookupError):
            os.kill(compiler, 0)


def test_a_job_after_one_that_was_killed_makes_the_archive(
    server: str, tmp_path: Path, install: Install
) -> None:
    release = write_release(_client(server), tmp_path, TENSORRT, target="g5")
    _kill(server, release, install, tmp_path, signal.SIGKILL)
    install("trtexec", "trtexec.py", sleep="0")

    status, _ = _run(server, release.environment)

    assert status == 0
    assert release.archive_key in _keys(server)


def _kill(
    server: str, release: Release, install: Install, scratch: Path, number: signal.Signals
) -> tuple[int, str, int]:
    """Signal a job during its compile; its status, its log, and the compiler's process id."""
    started = release.folder / "started"
    install("nvidia-smi", "nvidia_smi.py")
    install("trtexec", "trtexec.py", sleep="60", started=str(started))
    process = _start(server, {**release.environment, "TMPDIR": str(scratch)})
    _wait(lambda: started.exists() and started.read_text() != "")
    compiler = int(started.read_text())
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    if number == signal.SIGKILL:
        # in a container it goes with the job
        os.kill(compiler, signal.SIGKILL)
    return process.returncode, output, compiler


def _wait(condition: Any, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
