"""The sandbox by itself, around programs that are not Triton."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inferctl.localaws.serving import sandbox
from inferctl.localaws.serving.agent import open_connection
from inferctl.localaws.serving.processes import DeathWatch, descendants, memory_bytes
from inferctl.localaws.serving.sandbox_runner import (
    SandboxProcess,
    refusal,
    sandbox_problem,
    spawn,
)
from tests.inferctl.localaws.serving.support import listeners

pytestmark = pytest.mark.server

ECHO = """
import socket, sys
open("/dev/shm/left-by-the-server", "w").write("x")
server = socket.create_server(("0.0.0.0", 8080))
while True:
    connection, _ = server.accept()
    connection.sendall(connection.recv(100).upper())
"""


@pytest.fixture(scope="module", autouse=True)
def possible() -> None:
    problem = sandbox_problem()
    if problem is not None:
        pytest.skip(problem)


def start(work_dir: Path, *command: str) -> SandboxProcess:
    process = spawn(
        list(command), port=8080, log=work_dir / "log", work_dir=work_dir, environment={}
    )
    return SandboxProcess(process, work_dir / "agent.sock")


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[SandboxProcess]:
    process = start(tmp_path, sys.executable, "-I", "-c", ECHO)
    yield process
    process.stop()


def ask(process: SandboxProcess, data: bytes) -> bytes:
    for _ in range(400):
        try:
            with process.connect(5) as sock:
                sock.sendall(data)
                return sock.recv(100)
        except ConnectionRefusedError:
            threading.Event().wait(0.01)
    raise AssertionError("the server did not listen within 4 s")


def test_a_server_on_all_addresses_is_reached_only_through_the_agent(echo: SandboxProcess) -> None:
    assert ask(echo, b"hello") == b"HELLO"

    server = echo.processes()[-1].pid
    assert "00000000:1F90" in listeners(server).values()
    assert not listeners(server).keys() & listeners("self").keys()


def test_the_server_s_shared_memory_is_its_own(echo: SandboxProcess) -> None:
    assert ask(echo, b"x") == b"X"

    assert not Path("/dev/shm/left-by-the-server").exists()


def test_a_socket_path_longer_than_the_kernel_s_limit_works(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30) / ("longer" * 20)
    folder.mkdir(parents=True)
    process = start(folder, sys.executable, "-I", "-c", ECHO)
    try:
        assert ask(process, b"a") == b"A"
    finally:
        process.stop()


def test_a_port_where_nobody_listens_is_a_refused_connection(tmp_path: Path) -> None:
    process = start(tmp_path, "/bin/sleep", "60")
    try:
        with pytest.raises(ConnectionRefusedError, match="Connection refused"):
            open_connection(process.agent_socket)
    finally:
        process.stop()


def test_stop_ends_every_process_of_the_sandbox(tmp_path: Path) -> None:
    process = start(tmp_path, "/bin/sh", "-c", "sleep 60 & setsid sleep 60 & sleep 60")
    for _ in range(400):
        if len(pids := [found.pid for found in process.processes()]) >= 5:
            break
        threading.Event().wait(0.01)
    watches = [DeathWatch([pid]) for pid in pids]
    assert len(pids) >= 5

    process.stop()

    assert all(watch.any_dead() for watch in watches)


def test_a_sandbox_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    # the kernel's parent-death signal follows the thread that made a process, not the process
    started: list[SandboxProcess] = []
    command = (sys.executable, "-I", "-c", ECHO)
    starter = threading.Thread(target=lambda: started.append(start(tmp_path, *command)))
    starter.start()
    starter.join()
    while f"{starter.native_id}" in os.listdir("/proc/self/task"):  # noqa: PTH208 - not files
        pass

    try:
        assert ask(started[0], b"still here") == b"STILL HERE"
        assert not started[0].wait(0.3)
    finally:
        started[0].stop()


def test_the_sandbox_ends_with_its_server(tmp_path: Path) -> None:
    process = start(tmp_path, "/bin/true")

    assert process.wait(10)
    process.stop()


def test_nothing_survives_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from inferctl.localaws.serving.sandbox_runner import spawn\n"
        "w = Path(sys.argv[1])\n"
        "p = spawn(['/bin/sleep', '60'], port=1, log=w / 'log', work_dir=w, environment={})\n"
        "print(p.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    launcher = int(parent.stdout.readline())
    pids = [launcher, *(found.pid for found in descendants(launcher))]
    watches = [DeathWatch([pid]) for pid in pids]
    assert len(pids) >= 2

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    for _ in range(400):
        if all(watch.any_dead() for watch in watches):
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"still alive after 4 s, of {pids}")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_can_make_a_sandbox_and_stays_one() -> None:
    # the tests' interpreter may be in a folder that only root can enter, so another one
    python = "/usr/bin/python3"
    if not Path(python).exists():
        pytest.skip("there is no /usr/bin/python3 that every user can start")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chown(folder, 65534, 65534)
        arguments = ["agent.sock", "1", "log", "/bin/sh", "-c", "id -u; cat /proc/self/uid_map"]
        process = subprocess.Popen(
            [python, "-I", "-S", "-c", Path(sandbox.__file__).read_text(), *arguments],
            cwd=folder,
            user=65534,
            group=65534,
            extra_groups=[],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={},
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            assert process.wait(10) == sandbox.SERVER_ENDED
        assert Path(folder, "log").read_text().split() == ["65534", "65534", "65534", "1"]


def test_a_host_that_refuses_namespaces_says_which_setting_to_change() -> None:
    code = (
        "import ctypes, resource, sys; from pathlib import Path\n"
        "from inferctl.localaws.serving import sandbox_runner\n"
        # a limit of no namespaces at all, inside a user namespace of its own
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "uid = __import__('os').getuid()\n"
        "assert libc.unshare(0x10000000) == 0\n"
        "Path('/proc/self/uid_map').write_text(f'{uid} {uid} 1')\n"
        "for kind in ('user', 'net'):\n"
        "    Path(f'/proc/sys/user/max_{kind}_namespaces').write_text('0')\n"
        "print(sandbox_runner.sandbox_problem())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert refusal("unshare: No space left on device") == done.stdout.strip(), done.stderr
    assert "sysctl -w user.max_user_namespaces=10000" in done.stdout


def test_memory_of_a_live_process_is_positive_and_of_a_dead_one_zero() -> None:
    assert memory_bytes(os.getpid()) > 1 << 20
    assert memory_bytes(1 << 22) == 0


def test_a_death_watch_sees_a_killed_process_before_it_is_waited_for() -> None:
    process = subprocess.Popen(["/bin/sleep", "60"])
    watch = DeathWatch([process.pid])
    assert not watch.any_dead()

    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert watch.any_dead()
    watch.close()
    process.wait()


def test_a_death_watch_on_a_gone_process_is_dead() -> None:
    assert DeathWatch([1 << 22]).any_dead()
