"""The Docker runner, with a stand-in for the ``docker`` program that records its calls."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inferctl.localaws.serving import EndpointServing, endpoint_serving, host_runner
from inferctl.localaws.serving.docker_runner import DockerRunner, docker_problem
from inferctl.localaws.serving.host_runner import choose_runner
from inferctl.localaws.serving.runner import StartError
from tests.inferctl.localaws.serving.fake_container import FakeContainer
from tests.inferctl.localaws.serving.support import MemoryDirectory, MemoryStore, error_of

DOCKER = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$1" in
  info)
    [ -z "$NO_DAEMON" ] || {{ echo "Cannot connect to the daemon" >&2; exit 1; }}
    echo 28.0 ;;
  port) echo "${{ADDRESS:-127.0.0.1}}:{port}" ;;
  logs) while [ ! -e "$CALLS.removed" ]; do sleep 0.02; done ;;
  rm) touch "$CALLS.removed" ;;
  inspect) echo 4711 ;;
esac
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that every call of ``docker`` is written to."""
    program = tmp_path / "bin/docker"
    program.parent.mkdir()
    program.write_text(DOCKER.format(port=1))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def test_a_container_is_published_on_loopback_with_the_models_mounted(
    calls: Path, tmp_path: Path
) -> None:
    container = FakeContainer()
    port = container.port
    (tmp_path / "bin/docker").write_text(DOCKER.format(port=port))
    models = tmp_path / "models"

    process = DockerRunner(context=tmp_path / "context").start(
        work_dir=tmp_path / "work", models_dir=models, environment={"SAGEMAKER_TRITON_X": "1"}
    )
    try:
        build, run = calls.read_text().splitlines()[:2]
        assert build == f"build --tag accelerated-inference/triton-laptop {tmp_path / 'context'}"
        assert "--publish 127.0.0.1::8080 " in run
        assert f"--volume {models}:/opt/ml/models:ro " in run
        assert "--env SAGEMAKER_MULTI_MODEL=true --env SAGEMAKER_TRITON_X=1 " in run
        assert "--allow-sagemaker=true" in run
        assert process.model_path(models / "abc/model") == "/opt/ml/models/abc/model"
        assert process.pid == 4711
        process.connect(5).close()
        assert not process.wait(0)
    finally:
        process.stop()
        container.stop()

    assert process.wait(0)
    assert "rm --force" in calls.read_text()


def test_a_container_published_elsewhere_is_removed_and_refused(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADDRESS", "0.0.0.0")

    with pytest.raises(StartError, match=r"published the container on 0\.0\.0\.0"):
        DockerRunner(context=tmp_path).start(
            work_dir=tmp_path / "work", models_dir=tmp_path, environment={}
        )

    assert "rm --force" in calls.read_text()


@pytest.mark.usefixtures("calls")
def test_docker_is_chosen_where_the_binary_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_runner, "binary_problem", lambda: "this is Darwin on arm64")

    assert docker_problem() is None
    assert isinstance(choose_runner(), DockerRunner)


@pytest.mark.usefixtures("calls")
def test_without_the_binary_and_docker_both_reasons_are_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(host_runner, "binary_problem", lambda: "this is Darwin on arm64")
    monkeypatch.setenv("NO_DAEMON", "1")

    with pytest.raises(StartError) as refused:
        choose_runner()

    assert str(refused.value) == (
        "this is Darwin on arm64; and Docker is not running either ('docker info' failed: Cannot"
        " connect to the daemon)"
    )


def test_without_a_runner_an_invocation_is_503_with_the_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise StartError("this is Darwin on arm64; and Docker is not running either")

    monkeypatch.setattr(endpoint_serving, "choose_runner", refuse)
    directory = MemoryDirectory()
    directory.add("e")
    serving = EndpointServing(directory, MemoryStore(), tmp_path)

    status, code, found = error_of(
        serving.invoke("e", body=b"", content_type="application/json", target_model="a")
    )

    assert (status, code) == (503, "ServiceUnavailable")
    assert found["Message"] == (
        "nothing can serve models here: this is Darwin on arm64; and Docker is not running either"
    )
