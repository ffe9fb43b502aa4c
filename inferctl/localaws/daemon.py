"""Starts and stops the embedded AWS as a process of its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from inferctl.environment import ROOT, environment
from inferctl.localaws.process import PORT_TAKEN
from inferctl.localaws.state import DIRECTORY, State, read_state, running, write_state

_POLL_SECONDS = 0.02
_MODULE = "inferctl.localaws.process"


class DaemonError(Exception):
    """The embedded AWS did not start or stop; the message says why."""


def start(
    *,
    port: int | None = None,
    directory: Path = DIRECTORY,
    timeout: float = 60,
    on_progress: Callable[[str], None] = lambda _text: None,
) -> State:
    """Start it, unless it runs already, and return when it answers; raises `DaemonError`.

    Without ``port`` it takes the one it had last, or a free one.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with _locked(directory):
        state = running(directory)
        if state is not None:
            if port not in (None, state.port):
                text = f"the embedded AWS runs already, on port {state.port} and not on {port}"
                raise DaemonError(f"{text}; stop it first with `inferctl local stop`")
            return state
        before = read_state(directory)
        if before is not None and before.pid is not None:
            on_progress("cleaning up after a process that ended without stopping")
            _end(before.pid, timeout=0)
            write_state(State(None, before.port, before.url, before.started_at), directory)
        wanted = port if port is not None else (before.port if before is not None else 0)
        started = _spawn(directory, wanted, timeout=timeout, on_progress=on_progress)
        if started is None and port is None:
            # the port it had last belongs to somebody else now
            started = _spawn(directory, 0, timeout=timeout, on_progress=on_progress)
        if started is None:
            text = f"port {wanted} of 127.0.0.1 is taken by another process"
            raise DaemonError(f"{text}; choose another with --port, or none for a free one")
        return started


def stop(*, directory: Path = DIRECTORY, timeout: float = 20) -> bool:
    """Stop it and wait; after ``timeout`` seconds it is killed. False if it was not running."""
    with _locked(directory):
        state = read_state(directory)
        if state is None or state.pid is None:
            return False
        ended = _end(state.pid, timeout=timeout)
        write_state(State(None, state.port, state.url, state.started_at), directory)
        return ended


def log_file(directory: Path = DIRECTORY) -> Path:
    """What the process says; it begins anew with each start."""
    return directory / "log.txt"


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Two starts at once would be two embedded AWSs."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _spawn(
    directory: Path, port: int, *, timeout: float, on_progress: Callable[[str], None]
) -> State | None:
    """The state once it answers, None if the port is taken."""
    path = log_file(directory)
    if path.exists():
        path.replace(path.with_name("log.previous.txt"))
    variables = {key: value for key, value in environment().items() if not key.startswith("AWS_")}
    # the person's own accounts must be out of reach, whatever asks boto3 for a session
    variables |= dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    variables |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1"}
    variables |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    with path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", _MODULE, "--directory", str(directory), "--port", str(port)],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    begun = time.monotonic()
    while time.monotonic() - begun < timeout:
        status = process.poll()
        if status == PORT_TAKEN:
            return None
        if status is not None:
            tail = "\n".join(path.read_text(errors="replace").splitlines()[-15:])
            raise DaemonError(f"the embedded AWS ended with status {status}; {path}:\n{tail}")
        state = read_state(directory)
        if state is not None and state.pid == process.pid and running(directory):
            return state
        on_progress(f"starting, {time.monotonic() - begun:.0f} s")
        time.sleep(_POLL_SECONDS)
    _end(process.pid, timeout=0)
    process.wait()
    raise DaemonError(f"the embedded AWS did not answer within {timeout:g} s; see {path}")


def _end(pid: int, *, timeout: float) -> bool:
    """SIGTERM, then SIGKILL after ``timeout``; False if no such process of ours was there."""
    if not _is_ours(pid):
        return False
    if timeout > 0:
        _signal(pid, signal.SIGTERM)
        if _gone(pid, timeout):
            return True
    _signal(pid, signal.SIGKILL)
    if not _gone(pid, 10):
        raise DaemonError(f"process {pid} of the embedded AWS does not end")
    return True


def _gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _is_ours(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _is_ours(pid: int) -> bool:
    """Whether ``pid`` is a living embedded AWS; pids are used again, and zombies have ended."""
    with contextlib.suppress(ChildProcessError):
        # reaps it if this process started it
        os.waitpid(pid, os.WNOHANG)
    proc = Path("/proc") / str(pid)
    if proc.parent.joinpath("self").exists():
        try:
            state = (proc / "stat").read_text().rpartition(")")[2].split()[0]
            command = (proc / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            return False
    else:
        arguments = ["ps", "-o", "stat=,command=", "-p", str(pid)]
        seen = subprocess.run(arguments, capture_output=True, text=True, check=False).stdout
        state, *command = seen.split() or [""]
    return _MODULE in command and not state.startswith("Z")
