"""Runs one job: ``guard.py <output fd>``, what to run as a line of JSON on standard input.

Standard library only, and started with ``-I -S``. Later lines of the input are ``term`` and
``kill``; its end, which the kernel brings about when the embedded AWS ends in whatever way, kills
the job. One line of JSON on standard output says how the job ended. Whatever the job started is
dead by then: its session, and on Linux also what left that session.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_TICK_SECONDS = 0.02
_MEMORY_TICK_SECONDS = 0.25
_LINUX = sys.platform == "linux"


def main() -> None:
    """Run the job and report."""
    task = json.loads(_line())
    if _LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    output = int(sys.argv[1])
    try:
        job = subprocess.Popen(
            task["command"],
            cwd=task["directory"],
            env=task["environment"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: _limit(task["limits"]),
        )
    except (OSError, ValueError) as error:
        _say({"refused": str(error)})
        return
    os.close(output)
    _say({"pid": job.pid})
    over_memory = _watch(job, task)
    status = job.wait()
    _kill_rest(job.pid)
    _say({"status": status if status >= 0 else 128 - status, "over_memory": over_memory})


def _line() -> bytes:
    """The first line, and nothing of what follows it."""
    line = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return bytes(line)


def _watch(job: subprocess.Popen[bytes], task: dict[str, Any]) -> bool:
    """Until the job has ended; True when it was killed for its memory."""
    kill_at = float("inf")
    look_at = time.monotonic()
    listening = True
    while job.poll() is None:
        now = time.monotonic()
        if now > kill_at:
            _signal(job.pid, signal.SIGKILL)
        if _LINUX and now > look_at:
            look_at = now + _MEMORY_TICK_SECONDS
            if _memory_bytes() > task["memory_bytes"]:
                _signal(job.pid, signal.SIGKILL)
                return True
        if not listening:
            time.sleep(_TICK_SECONDS)
        elif select.select([0], [], [], _TICK_SECONDS)[0]:
            asked = os.read(0, 64)
            listening = bool(asked)
            if not asked or b"kill" in asked:
                _signal(job.pid, signal.SIGKILL)
            elif b"term" in asked and kill_at == float("inf"):
                kill_at = now + task["grace_seconds"]
                _signal(job.pid, signal.SIGTERM)
    return False


def _limit(limits: dict[str, list[int]]) -> None:
    """In the job's process, before its program starts."""
    if _LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for name, (soft, hard) in limits.items():
        number = getattr(resource, f"RLIMIT_{name.upper()}", None)
        if number is not None:
            most = resource.getrlimit(number)[1]
            bound = hard if most == resource.RLIM_INFINITY else min(hard, most)
            resource.setrlimit(number, (min(soft, bound), bound))


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _signal(session: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, number)


def _kill_rest(session: int) -> None:
    """End what the job left behind; orphans of its processes are this process's children."""
    _signal(session, signal.SIGKILL)
    while _LINUX and (left := [pid for pid, parent in _processes() if parent == os.getpid()]):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _memory_bytes() -> int:
    """Proportional set size of the job's processes, so shared pages count once.

    All that descend from this one, whatever session they made for themselves.
    """
    children: dict[int, list[int]] = {}
    for pid, parent in _processes():
        children.setdefault(parent, []).append(pid)
    total = 0
    found = children.get(os.getpid(), [])
    while found:
        pid = found.pop()
        found += children.get(pid, [])
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def _processes() -> list[tuple[int, int]]:
    """Number and parent of every process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                # the program's name is in brackets and may hold anything, also brackets
                fields = Path(entry, "stat").read_text().rpartition(")")[2].split()
                found.append((int(entry.name), int(fields[1])))
    return found


def _say(message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
