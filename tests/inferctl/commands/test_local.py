from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from inferctl.commands import local
from inferctl.localaws import daemon
from inferctl.localaws.source import source_digest
from inferctl.localaws.state import State, read_state, write_state

pytestmark = pytest.mark.server


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    daemon.stop(directory=tmp_path, timeout=5)


def run(directory: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    local.add_parser(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["local", *words, "--directory", str(directory)])
    status: int = arguments.run(arguments)
    return status


def test_the_life_of_a_daemon(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(directory, "start") == 0
    assert "http://localhost:" in capsys.readouterr().out

    assert run(directory, "start") == 0
    assert "running already" in capsys.readouterr().out

    assert run(directory, "status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["stacks"] == {}

    assert run(directory, "status") == 0
    said = capsys.readouterr().out
    assert "embedded AWS  http://localhost:" in said
    assert "nothing is deployed" in said

    assert run(directory, "logs", "--lines", "1") == 0
    assert capsys.readouterr().out.count("\n") == 1

    assert run(directory, "stop") == 0
    assert "stopped" in capsys.readouterr().out

    assert run(directory, "stop") == 0
    assert "was not running" in capsys.readouterr().out


def test_status_of_nothing_says_how_to_start(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(directory, "status") == 1
    assert "inferctl local start" in capsys.readouterr().err


def test_logs_of_nothing_say_so(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(directory, "logs") == 1
    assert "no log yet" in capsys.readouterr().err


EMPTY: dict[str, Any] = {
    "pid": 7,
    "url": "http://localhost:4566",
    "uptime_seconds": 75.2,
    "stacks": {},
    "functions": [],
    "serving": {},
}


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What an embedded AWS that runs answers; tests add to it."""
    status = dict(EMPTY)
    state = State(7, 4566, "http://localhost:4566", "then", source_digest())
    monkeypatch.setattr(local, "running", lambda _directory: state)
    monkeypatch.setattr(local, "_ask", lambda _state: status)
    return status


def test_status_shows_stacks_functions_and_loaded_models(
    directory: Path, capsys: pytest.CaptureFixture[str], answer: dict[str, Any]
) -> None:
    answer |= {
        "stacks": {
            "laptop-network": {"region": "us-east-1", "status": "CREATE_COMPLETE", "resources": 31}
        },
        "functions": [
            {
                "arn": "arn:aws:lambda:us-east-1:123456789012:function:publish",
                "invocations": 4,
                "failures": 1,
                "workers": 2,
            }
        ],
        "serving": {
            "laptop-models": {
                "hits": 41,
                "misses": 2,
                "evictions": 1,
                "downloads": 3,
                "restarts": 0,
                "models": [
                    {
                        "target_model": "minilm/0123.tar.gz",
                        "bytes": 300 * 2**20,
                        "load_seconds": 1.234,
                        "seconds_since_use": 9.0,
                    }
                ],
            },
            "idle": {"hits": 0, "misses": 0, "evictions": 0, "models": []},
        },
    }
    assert run(directory, "status") == 0

    said = capsys.readouterr().out
    for expected in (
        "up 1 min 15 s  pid 7",
        "laptop-network",
        "CREATE_COMPLETE",
        "publish",
        "endpoint laptop-models  hits 41  misses 2  evictions 1  downloads 3  restarts 0",
        "minilm/0123.tar.gz",
        "300 MiB",
        "endpoint idle  hits 0  misses 0  evictions 0  no model is loaded",
    ):
        assert expected in said


def test_status_shows_instances_services_tasks_and_chips_of_clusters(
    directory: Path, capsys: pytest.CaptureFixture[str], answer: dict[str, Any]
) -> None:
    blocked = "was unable to place a task because [no] container instance met its requirements."
    host = {"id": "i-1", "type": "inf1.6xlarge", "tasks": 4, "chips": 4, "owned": [0, 1, 2]}
    answer["clusters"] = [
        {
            "name": "laptop-cluster",
            "region": "us-east-1",
            "instances": [host, {"id": "i-2", "type": "c5.large", "tasks": 1, "chips": 0}],
            "services": {
                "resnet-0": {"desired": 1, "running": 1, "blocked": None},
                "resnet-1": {"desired": 2, "running": 1, "blocked": blocked},
            },
            "tasks": {"running": 5, "waiting": 1},
            "chips": {"all": 4, "owned": 3, "owned_twice": ["i-1 /dev/neuron1"]},
        },
        {"name": "empty", "region": "eu-west-1"},
    ]

    assert run(directory, "status") == 0

    said = capsys.readouterr().out
    rows = [line.split() for line in said.splitlines()]
    assert (
        "cluster laptop-cluster  us-east-1  instances 2  tasks 5  waiting 1  chips owned 3 of 4\n"
    ) in said
    assert ["i-1", "inf1.6xlarge", "4", "4", "0-2"] in rows
    assert ["i-2", "c5.large", "1", "-", "-"] in rows
    assert ["resnet-0", "1/1"] in rows and ["resnet-1", "1/2"] in rows
    assert f"service resnet-1 {blocked}\n" in said
    assert "several tasks own i-1 /dev/neuron1\n" in said
    assert "cluster empty  eu-west-1  instances 0  tasks 0" in said
    assert "nothing is deployed" not in said


def test_status_of_an_embedded_aws_that_knows_no_clusters_is_shown(
    directory: Path, capsys: pytest.CaptureFixture[str], answer: dict[str, Any]
) -> None:
    assert "clusters" not in answer

    assert run(directory, "status") == 0
    assert "nothing is deployed" in capsys.readouterr().out


def test_a_taken_port_is_an_error_of_one_line(
    directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> State:
        raise daemon.DaemonError("port 4566 of 127.0.0.1 is taken by another process")

    monkeypatch.setattr(local, "start", refuse)

    assert run(directory, "start", "--port", "4566") == 1
    assert capsys.readouterr().err == "port 4566 of 127.0.0.1 is taken by another process\n"


def test_a_folder_that_cannot_be_made_is_an_error_of_one_line(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = directory / "file"
    blocked.write_text("not a folder")

    assert run(blocked / "aws", "start") == 1
    assert "Not a directory" in capsys.readouterr().err


OLDER = "runs the code of an older checkout; `inferctl local stop` ends it"


def test_a_daemon_of_an_older_checkout_that_can_be_read_is_shown_with_a_word_about_it(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(directory, "start") == 0
    state = read_state(directory)
    assert state is not None
    write_state(replace(state, source="0123456789abcdef"), directory)
    capsys.readouterr()

    assert run(directory, "status") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "nothing is deployed" in said
    assert OLDER in said

    assert run(directory, "start") == 0
    assert OLDER in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "change", [{"uptime_seconds": None}, {"stacks": ["laptop-network"]}, {"functions": [{}]}]
)
def test_a_daemon_of_an_older_checkout_that_cannot_be_read_is_no_traceback(
    directory: Path,
    capsys: pytest.CaptureFixture[str],
    answer: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
) -> None:
    monkeypatch.setattr(local, "running", lambda _directory: State(7, 1, "http://x", "then"))
    answer |= change

    assert run(directory, "status") == 1
    assert OLDER in " ".join(capsys.readouterr().err.split())


def test_a_daemon_of_an_older_checkout_that_breaks_is_no_traceback(
    directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_state: State) -> dict[str, Any]:
        raise HTTPError("http://x", 500, "Internal Server Error", Message(), None)

    monkeypatch.setattr(local, "running", lambda _directory: State(7, 1, "http://x", "then"))
    monkeypatch.setattr(local, "_ask", broken)

    assert run(directory, "status") == 1
    assert OLDER in " ".join(capsys.readouterr().err.split())
