from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest

from inferctl.localaws import daemon
from inferctl.localaws.daemon import DaemonError
from inferctl.localaws.state import State, read_state, running, write_state

pytestmark = pytest.mark.server


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    daemon.stop(directory=tmp_path, timeout=5)


def client(state: State, service: str) -> Any:
    session: Any = boto3.session.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )
    return session.client(service, endpoint_url=state.url)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists():
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.01)


def test_start_use_and_stop(directory: Path) -> None:
    state = daemon.start(directory=directory)

    assert client(state, "sts").get_caller_identity()["Account"] == "123456789012"
    assert daemon.start(directory=directory) == state

    assert daemon.stop(directory=directory)
    assert running(directory) is None
    assert not daemon.stop(directory=directory)
    wait_until_gone(state.pid or 0)


def test_a_killed_process_is_noticed_and_replaced_on_its_port(directory: Path) -> None:
    first = daemon.start(directory=directory)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    wait_until_gone(first.pid)
    assert running(directory) is None

    second = daemon.start(directory=directory)

    assert (second.port, second.pid != first.pid) == (first.port, True)


def test_the_sandboxes_of_a_killed_process_end_with_it(directory: Path, archive: Any) -> None:
    state = daemon.start(directory=directory)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = client(state, "iam").create_role(RoleName="r", AssumeRolePolicyDocument=policy)
    functions = client(state, "lambda")
    source = "import os\ndef handler(e, c): return os.getpid()"
    functions.create_function(
        FunctionName="pid",
        Runtime="python3.12",
        Handler="index.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": archive({"index.py": source})},
    )
    sandbox = int(functions.invoke(FunctionName="pid")["Payload"].read())
    assert state.pid is not None

    os.kill(state.pid, signal.SIGKILL)

    wait_until_gone(sandbox)


def test_a_taken_port_is_named(directory: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(DaemonError, match=rf"port {port} of 127\.0\.0\.1 is taken"):
            daemon.start(directory=directory, port=port)


def test_a_remembered_port_that_is_taken_is_given_up(directory: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        write_state(State(None, port, f"http://localhost:{port}", "then"), directory)

        state = daemon.start(directory=directory)

    assert state.port != port


def test_another_port_than_the_running_one_is_refused(directory: Path) -> None:
    state = daemon.start(directory=directory)

    with pytest.raises(DaemonError, match=f"runs already, on port {state.port} and not on 1"):
        daemon.start(directory=directory, port=1)


def test_a_restart_has_the_same_port_and_a_new_log(directory: Path) -> None:
    first = daemon.start(directory=directory)
    daemon.stop(directory=directory)

    second = daemon.start(directory=directory)

    assert (second.port, second.pid != first.pid) == (first.port, True)
    assert daemon.log_file(directory).read_text().count("listening on") == 1
    assert (directory / "log.previous.txt").exists()


def test_a_start_that_fails_shows_its_log(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "_MODULE", "inferctl.localaws.no_such_module")

    with pytest.raises(DaemonError, match=r"No module named inferctl\.localaws\.no_such"):
        daemon.start(directory=directory)


def test_a_folder_that_cannot_be_used_is_named(directory: Path) -> None:
    # stands for a disk that is full or read-only; root may write everywhere else
    (directory / "work").write_text("a file, not a folder")

    with pytest.raises(DaemonError, match=r"cannot work in .*Not a directory"):
        daemon.start(directory=directory)


def test_two_starts_at_once_are_one_process(directory: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        states = list(pool.map(lambda _: daemon.start(directory=directory), range(2)))

    assert states[0] == states[1]


def test_a_pid_that_belongs_to_somebody_else_is_left_alone(directory: Path) -> None:
    write_state(State(os.getpid(), 1, "http://localhost:1", "then"), directory)

    assert not daemon.stop(directory=directory)
    after = read_state(directory)
    assert after is not None
    assert after.pid is None
