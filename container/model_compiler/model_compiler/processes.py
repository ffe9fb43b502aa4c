"""Runs compilers as processes of their own: bounded in time, logged, and gone when the job goes."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from model_compiler.errors import CompilerError, InfrastructureError

_TAIL_LINES = 12
_TAIL_BYTES = 1500
_POLL_SECONDS = 0.05
_KILL_SECONDS = 10.0
_LEAST_FREE_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A process that ended well, with all it wrote to stdout and stderr."""

    output: str
    seconds: float


class Processes:
    """Starts processes in ``folder``; all of them together may take ``seconds``.

    Each has a process group of its own, so that a compiler's own workers end with it.
    """

    def __init__(self, folder: Path, *, seconds: float) -> None:
        self._folder = folder
        self._deadline = time.monotonic() + seconds
        self._limit = seconds
        self._count = 0

    def run(
        self,
        command: Sequence[str],
        *,
        name: str,
        environment: Mapping[str, str] | None = None,
    ) -> Finished:
        """Wait for ``command``; what it writes goes to the job's log, line by line, and a file.

        Raises `CompilerError` with the end of its log when it fails or takes too long, and
        `InfrastructureError` when the machine has no memory left for it.
        """
        self._count += 1
        log = self._folder / f"{self._count}-{name}.log"
        began = time.monotonic()
        with log.open("wb") as stream:
            try:
                process = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    cwd=self._folder,
                    env={**os.environ, **(environment or {})},
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise CompilerError(
                    f"{name} could not be started: {command[0]} is not in this image"
                ) from error
        with log.open("rb") as written:
            try:
                self._wait(process, written, name=name, log=log)
            finally:
                _end(process)
                _repeat(written)
        seconds = time.monotonic() - began
        if process.returncode != 0:
            raise _failure(process.returncode, name=name, log=log)
        return Finished(output=log.read_text("utf-8", "replace"), seconds=seconds)

    def _wait(
        self, process: subprocess.Popen[bytes], written: BinaryIO, *, name: str, log: Path
    ) -> None:
        while process.poll() is None:
            # as it comes: what a host wrote before it went away should be in the log
            _repeat(written)
            if time.monotonic() > self._deadline:
                raise CompilerError(
                    f"{name} took longer than the {self._limit:g} s that compiling may take;"
                    f" its last lines, newest first: {tail(log)}"
                )
            time.sleep(_POLL_SECONDS)


def peak_memory_bytes() -> int:
    """Resident memory of the largest process that this one waited for.

    Linux counts in KiB, macOS in bytes: https://man7.org/linux/man-pages/man2/getrusage.2.html
    """
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024


def tail(log: Path) -> str:
    """The end of a log on one line, newest line first: a message is cut at its end."""
    with log.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - _TAIL_BYTES))
        text = stream.read().decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(reversed(lines[-_TAIL_LINES:])) or "(nothing was written)"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of the process group; the leader is waited for."""
    # nothing may be left of it
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_KILL_SECONDS)


def _repeat(written: BinaryIO) -> None:
    sys.stdout.write(written.read().decode("utf-8", "replace"))
    sys.stdout.flush()


def _failure(status: int, *, name: str, log: Path) -> Exception:
    text = tail(log)
    if status == -signal.SIGKILL:
        # nobody but the kernel's out-of-memory killer, or the host going away, sends it
        return InfrastructureError(
            f"{name} was killed, most likely for lack of memory; its last lines, newest first:"
            f" {text}"
        )
    # not every compiler says so: ONNX Runtime's "serialization failed" is all that it has to say
    full = shutil.disk_usage(log.parent).free < _LEAST_FREE_BYTES
    if full or "No space left on device" in text:
        return InfrastructureError(
            f"{name}: the disk is full; its last lines, newest first: {text}"
        )
    ended = f"signal {-status}" if status < 0 else f"status {status}"
    return CompilerError(f"{name} ended with {ended}; its last lines, newest first: {text}")
