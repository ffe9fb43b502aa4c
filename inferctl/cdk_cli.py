"""Runs the stock CDK CLI against the embedded AWS and reads its progress."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inferctl.environment import LOCAL, NODE_MODULES, ROOT, embedded_environment

LOG = LOCAL / "cdk.log"
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_EVENT = re.compile(r"^(?P<stack>[\w-]+)\s*\|\s*(?P<done>\d+)(?:/(?P<total>\d+))?\s*\|")
_FINISHED = re.compile(r"✅\s+(?P<stack>[\w-]+)(?P<unchanged>.*no changes)?")
_SECONDS = re.compile(r"(?:Deployment|Total) time: (?P<seconds>[\d.]+)s")


class CdkFailedError(Exception):
    """The CLI exited non-zero; the message ends with what it printed last."""


@dataclass
class StackRun:
    """What the CLI said of one stack."""

    changed: bool = True
    seconds: float = 0.0


@dataclass
class CdkRun:
    """The stacks a run finished, in order."""

    stacks: dict[str, StackRun] = field(default_factory=dict)
    _latest: str = ""

    def read(self, line: str) -> str | None:
        """Take one line of the CLI's output; returns a short progress text if it holds one."""
        if match := _EVENT.match(line):
            total = f"/{match['total']}" if match["total"] else ""
            return f"{match['stack']} {match['done']}{total}"
        if match := _FINISHED.search(line):
            self._latest = match["stack"]
            self.stacks[self._latest] = StackRun(changed=not match["unchanged"])
            return f"{self._latest} done"
        if (match := _SECONDS.search(line)) and "Deployment" in line and self._latest:
            self.stacks[self._latest].seconds = float(match["seconds"])
        return None


def cdk(
    arguments: Sequence[str],
    *,
    url: str,
    region: str,
    on_progress: Callable[[str], None],
    cwd: Path = ROOT,
) -> CdkRun:
    """Run ``cdk <arguments>``; raises `CdkFailedError` with the tail of its output."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    run = CdkRun()
    tail: list[str] = []
    with (
        LOG.open("a") as log,
        subprocess.Popen(
            [str(NODE_MODULES / ".bin" / "cdk"), *arguments],
            cwd=cwd,
            env=embedded_environment(url, region),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        log.write(f"\n$ cdk {' '.join(arguments)}\n")
        assert process.stdout is not None
        for raw in process.stdout:
            line = _ANSI.sub("", raw.rstrip())
            log.write(line + "\n")
            tail = [*tail[-39:], line]
            if text := run.read(line):
                on_progress(text)
    if process.returncode != 0:
        said = "\n".join("  " + line for line in tail if line)
        raise CdkFailedError(f"cdk {arguments[0]} exited with {process.returncode}\n{said}")
    return run
