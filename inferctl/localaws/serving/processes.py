"""What /proc says about the processes of a sandbox."""

from __future__ import annotations

import contextlib
import os
import select
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

STUB = "triton_python_backend_stub"


@dataclass(frozen=True)
class Process:
    """A live process, by its number outside the sandbox."""

    pid: int
    arguments: tuple[str, ...]

    @property
    def program(self) -> str:
        return Path(self.arguments[0]).name if self.arguments else ""


def descendants(root: int) -> list[Process]:
    """All live descendants of ``root``; zombies are dead and left out."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                # the program's name is in brackets and may hold anything, also brackets
                fields = Path(entry, "stat").read_text().rpartition(")")[2].split()
                if fields[0] not in "ZX":
                    children[int(fields[1])].append(int(entry.name))
    found: list[Process] = []
    pending = [root]
    while pending:
        for pid in children.get(pending.pop(), ()):
            pending.append(pid)
            with contextlib.suppress(OSError):
                line = Path("/proc", str(pid), "cmdline").read_bytes().decode("utf-8", "replace")
                found.append(Process(pid, tuple(line.split("\0")[:-1])))
    return found


def memory_bytes(pid: int) -> int:
    """Proportional set size, so pages that processes share are counted once; 0 once it is gone."""
    with contextlib.suppress(OSError):
        for line in Path("/proc", str(pid), "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


class DeathWatch:
    """Tells in a microsecond whether one of some processes has ended.

    Triton does not restart a Python stub that was killed, and stays healthy on /ping. Noticing it
    before a request is sent keeps that request from the second Triton takes to give up, and from
    the hanging unload that follows.
    """

    def __init__(self, pids: list[int]) -> None:
        self._poll = select.poll()
        self._descriptors: list[int] = []
        self._dead = False
        for pid in pids:
            try:
                descriptor = os.pidfd_open(pid)
            except OSError:
                self._dead = True
                continue
            self._descriptors.append(descriptor)
            self._poll.register(descriptor, select.POLLIN)

    def any_dead(self) -> bool:
        self._dead = self._dead or bool(self._poll.poll(0))
        return self._dead

    def close(self) -> None:
        while self._descriptors:
            descriptor = self._descriptors.pop()
            self._poll.unregister(descriptor)
            os.close(descriptor)
