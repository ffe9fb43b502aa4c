"""Prepare the checkout: virtual environment, Node tools, jsii cache. Standard library only.

``python3 tools/prepare.py [--gates]`` is the first line of every make target. Each step leaves a
stamp holding the digest of its inputs, so a second run costs a few milliseconds. Everything lives
in ``.venv``, ``node_modules`` and ``.cache`` below the checkout; nothing is installed globally.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from inferctl.environment import (
    CACHE,
    JSII_CACHE,
    NODE_MODULES,
    PYTHON,
    ROOT,
    VENV,
    environment,
)

MINIMUM_PYTHON = (3, 11)

# jsii writes its index in a worker thread that `process.exit` kills in short programs; every later
# start then costs 2.6 times the time, silently. One patient process writes it for good.
_PREWARM = """
import sys, time, pathlib
import aws_cdk, cdk_nag
deadline = time.monotonic() + 120
root = pathlib.Path(sys.argv[1])
while not list(root.glob("aws-cdk-lib/*/*/.jsii.runtime.v1.json")):
    if time.monotonic() > deadline:
        sys.exit("jsii did not write its index within 120 s below " + str(root))
    time.sleep(0.1)
"""


class StepFailedError(Exception):
    """A preparation step exited non-zero; its output is in the log."""


@dataclass(frozen=True)
class Step:
    """One thing to prepare: done again only when one of ``inputs`` changed."""

    name: str
    stamp: Path
    inputs: tuple[Path, ...]
    commands: tuple[tuple[str, ...], ...]

    def digest(self) -> str:
        """SHA-256 over the interpreter version and the inputs' bytes."""
        sha = hashlib.sha256(repr((sys.version_info[:2], self.name)).encode())
        for path in self.inputs:
            sha.update(path.read_bytes())
        return sha.hexdigest()

    def is_done(self) -> bool:
        """Whether the stamp holds the digest of today's inputs."""
        return self.stamp.exists() and self.stamp.read_text() == self.digest()


def steps(*, gates: bool) -> list[Step]:
    """What must be there: for running the platform, or also for running every gate."""
    requirements = ROOT / "requirements.txt"
    pip_install = (str(PYTHON), "-m", "pip", "install", "--no-input")
    npm_ci = ("npm", "ci", "--no-audit", "--no-fund", "--loglevel", "error")
    plan = [
        Step(
            "Python packages",
            VENV / ".stamp-runtime",
            (requirements, ROOT / "pyproject.toml"),
            (
                (sys.executable, "-m", "venv", *_clear_other_python(), str(VENV)),
                (*pip_install, "-r", "requirements.txt"),
            ),
        ),
    ]
    if gates:
        dev = ROOT / "requirements-dev.txt"
        plan.append(
            Step(
                "Packages of the gates",
                VENV / ".stamp-gates",
                (dev,),
                ((*pip_install, "-r", dev.name),),
            )
        )
    lock = (ROOT / "package.json", ROOT / "package-lock.json")
    stamp_all, stamp_runtime = NODE_MODULES / ".stamp-all", NODE_MODULES / ".stamp-runtime"
    everything = Step("Node tools", stamp_all, lock, (npm_ci,))
    if gates:
        plan.append(everything)
    elif not everything.is_done():
        plan.append(Step("CDK CLI", stamp_runtime, lock, ((*npm_ci, "--omit=dev"),)))
    plan.append(
        Step(
            "jsii cache",
            JSII_CACHE / ".stamp",
            (requirements,),
            ((str(PYTHON), "-c", _PREWARM, str(JSII_CACHE)),),
        )
    )
    return plan


def _clear_other_python() -> tuple[str, ...]:
    """``--clear`` when the environment there was made by another Python version."""
    settings = VENV / "pyvenv.cfg"
    version = ".".join(map(str, sys.version_info[:2]))
    if settings.exists() and f"version = {version}." not in settings.read_text():
        return ("--clear",)
    return ()


def run(step: Step, log: Path) -> float:
    """Run a step's commands with a line of progress; returns seconds, raises `StepFailedError`."""
    started = time.monotonic()
    latest = [""]
    finished = threading.Event()
    ticker = threading.Thread(target=_tick, args=(step.name, started, latest, finished))
    ticker.start()
    try:
        with log.open("a") as sink:
            sink.write(f"== {step.name}\n")
            for command in step.commands:
                process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=environment(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                )
                assert process.stdout is not None
                for line in process.stdout:
                    sink.write(line)
                    latest[0] = line.strip() or latest[0]
                if process.wait() != 0:
                    raise StepFailedError(f"{step.name}: {Path(command[0]).name} failed")
    finally:
        finished.set()
        ticker.join()
    step.stamp.parent.mkdir(parents=True, exist_ok=True)
    step.stamp.write_text(step.digest())
    return time.monotonic() - started


def _tick(name: str, started: float, latest: list[str], finished: threading.Event) -> None:
    """Show what is going on: one rewritten line on a terminal, a line every 15 s elsewhere."""
    terminal = sys.stdout.isatty()
    while not finished.wait(0.2 if terminal else 15.0):
        seconds = time.monotonic() - started
        text = f"  {name:<22} {seconds:5.0f} s  {latest[0]}"
        print("\r\x1b[K" + text[:100] if terminal else text[:100], end="" if terminal else "\n")
        sys.stdout.flush()
    if terminal:
        print("\r\x1b[K", end="")


def main(argv: Sequence[str] | None = None) -> int:
    """Prepare what is missing; exit status 0 ready, 1 a step failed, 2 unusable Python."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gates", action="store_true", help="also what `make test` needs")
    arguments = parser.parse_args(argv)
    if sys.version_info < MINIMUM_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        print(f"Python 3.11 or newer is needed and {sys.executable} is {found};", end=" ")
        print("name another one: make up PYTHON=python3.11")
        return 2
    CACHE.mkdir(exist_ok=True)
    log = CACHE / "prepare.log"
    log.unlink(missing_ok=True)
    for step in steps(gates=arguments.gates):
        if step.is_done():
            continue
        try:
            seconds = run(step, log)
        except StepFailedError as error:
            said = log.read_text().rpartition(f"== {step.name}\n")[2].splitlines()
            tail = "\n".join("    " + line[:200] for line in said[-15:])
            print(f"{error}; the end of {log.relative_to(ROOT)}:\n{tail}")
            return 1
        print(f"  {step.name:<22} {seconds:5.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
