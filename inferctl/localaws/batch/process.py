"""One job's processes, started and ended through their guard."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import guard

_READ_BYTES = 65536
# docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_InputLogEvent.html
_LONGEST_LINE_BYTES = 262_144
_LOOK_SECONDS = 0.5


class NotStartedError(OSError):
    """The job's program cannot be executed."""


@dataclass(frozen=True)
class Exit:
    """How a job ended; the status of one that a signal ended is 128 and its number."""

    status: int
    over_memory: bool = False


class JobProcess:
    """Raises `NotStartedError` when made for a program that is not there."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        memory_bytes: int,
        limits: Mapping[str, Sequence[int]],
        grace_seconds: float,
    ) -> None:
        reading, writing = os.pipe()
        self._output = reading
        try:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(guard.__file__)), str(writing)],
                cwd=directory,
                env={},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=(writing,),
                start_new_session=True,
            )
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        task = {
            "command": list(command),
            "directory": str(directory),
            "environment": dict(environment),
            "memory_bytes": memory_bytes,
            "limits": {name: list(bounds) for name, bounds in limits.items()},
            "grace_seconds": grace_seconds,
        }
        self._telling = threading.Lock()
        self._tell(json.dumps(task))
        answer = self._report()
        if "pid" not in answer:
            self._close()
            raise NotStartedError(answer.get("refused", "the guard ended"))
        self.pid: int = answer["pid"]

    def lines(self) -> Iterator[list[str]]:
        """The output as it comes, in groups of lines; an empty group when a while has passed."""
        held = b""
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        while True:
            if not poll.poll(_LOOK_SECONDS * 1000):
                yield []
                continue
            part = os.read(self._output, _READ_BYTES)
            *whole, held = (held + part).split(b"\n")
            if len(held) > _LONGEST_LINE_BYTES or (held and not part):
                whole, held = [*whole, held], b""
            yield [line.decode("utf-8", "replace").rstrip("\r") for line in whole]
            if not part:
                return

    def wait(self) -> Exit:
        """How it ended, once nothing of it is alive; the output must be read to its end before."""
        answer = self._report()
        self._close()
        # a guard that was killed itself takes the job with it
        return Exit(int(answer.get("status", 137)), bool(answer.get("over_memory", False)))

    def terminate(self) -> None:
        """Ask it to end, and kill it after the grace period."""
        self._tell("term")

    def kill(self) -> None:
        """End everything of it now."""
        self._tell("kill")

    def _tell(self, line: str) -> None:
        assert self._guard.stdin is not None
        with self._telling, contextlib.suppress(OSError, ValueError):
            self._guard.stdin.write(line.encode() + b"\n")
            self._guard.stdin.flush()

    def _report(self) -> dict[str, Any]:
        assert self._guard.stdout is not None
        try:
            answer: dict[str, Any] = json.loads(self._guard.stdout.readline() or b"{}")
        except ValueError:
            return {}
        return answer

    def _close(self) -> None:
        assert self._guard.stdin is not None and self._guard.stdout is not None
        with self._telling, contextlib.suppress(OSError):
            self._guard.stdin.close()
        self._guard.stdout.close()
        self._guard.wait()
        os.close(self._output)
