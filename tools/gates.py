"""Run every gate that CI runs and end with one table: ``make test``.

Three lanes share the two processors of a small machine, each with a part of the tests: what deploys
waits for most of its time. What a failing gate printed is shown whole, and what pytest printed
always. Exit status 1 when a gate failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from inferctl.environment import ROOT, environment

# whole deployments on the embedded AWS
DEPLOYMENTS = (
    "tests/inferctl/compile_faults",
    "tests/inferctl/transitions",
    *sorted(
        str(path.relative_to(ROOT)) for path in ROOT.glob("tests/inferctl/test_*life_cycle.py")
    ),
)
PLATFORMS = sorted(path.stem for path in (ROOT / "platforms").glob("*.yaml"))


@dataclass(frozen=True)
class Gate:
    """One command that must exit 0; ``variables`` are laid over the project's environment."""

    name: str
    command: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)
    show_always: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a gate ended, in seconds and with what it printed."""

    gate: Gate
    passed: bool
    seconds: float
    output: str


def checkers() -> list[Gate]:
    """Everything but the suite, quick ones first; synthesis of a platform precedes its linter."""
    gates = [
        Gate("ruff format", ("ruff", "format", "--check", "--quiet")),
        Gate("ruff check", ("ruff", "check", "--quiet")),
        Gate("mypy strict", ("mypy", "--no-error-summary")),
        Gate("pyright strict (lambda)", ("pyright", "--warnings")),
    ]
    for platform in PLATFORMS:
        out = f"cdk.out/gate-{platform}"
        context = ("--context", f"platform={platform}", "--output", out)
        # the CDK's own template validation is slow, so this is the one place that turns it on
        gates.append(
            Gate(
                f"cdk synth {platform}",
                ("cdk", "synth", "--quiet", *context),
                {"CDK_VALIDATION": "true"},
            )
        )
        gates.append(
            Gate(
                f"inferctl lint {platform}",
                ("inferctl", "lint", "--platform", f"platforms/{platform}.yaml"),
            )
        )
    gates.append(Gate("cfn-lint", ("cfn-lint", "cdk.out/gate-*/*.template.json")))
    return gates


def suite(name: str, *selection: str) -> Gate:
    """pytest; an empty run fails, as pytest's exit status 5 does."""
    return Gate(name, ("python", "-m", "pytest", "-q", *selection), show_always=True)


def run(gate: Gate) -> Outcome:
    """Run one gate to its end; it never raises for a failing command."""
    started = time.monotonic()
    process = subprocess.run(
        gate.command,
        cwd=ROOT,
        env={**environment(), "CDK_VALIDATION": "false", **gate.variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return Outcome(gate, process.returncode == 0, time.monotonic() - started, process.stdout)


def report(outcome: Outcome) -> None:
    """One line for a gate that passed, its whole output for one that did not."""
    word = "ok    " if outcome.passed else "FAILED"
    print(f"  {word}  {outcome.gate.name:<26} {outcome.seconds:6.1f} s", flush=True)
    if not outcome.passed or outcome.gate.show_always:
        print(outcome.output.rstrip(), flush=True)


def run_lane(gates: Sequence[Gate]) -> list[Outcome]:
    """Run gates one after the other, each reported as it ends."""
    outcomes = []
    for gate in gates:
        outcomes.append(run(gate))
        report(outcomes[-1])
    return outcomes


def main() -> int:
    """Run all gates; exit status 1 when one failed."""
    os.chdir(ROOT)
    started = time.monotonic()
    computed = suite("pytest: units, snapshots", "--ignore=tests/inferctl")
    elsewhere = [f"--ignore={path}" for path in DEPLOYMENTS]
    operated = suite("pytest: inferctl, embedded AWS", "tests/inferctl", *elsewhere)
    deployed = suite("pytest: whole deployments", *DEPLOYMENTS)
    with ThreadPoolExecutor(max_workers=3) as pool:
        lanes = ([*checkers(), computed], [operated], [deployed])
        pending = [pool.submit(run_lane, lane) for lane in lanes]
        outcomes = [outcome for lane in pending for outcome in lane.result()]
    failed = [outcome.gate.name for outcome in outcomes if not outcome.passed]
    seconds = time.monotonic() - started
    print(f"\nall gates in {seconds:.0f} s" + "".join(f"\n  failed: {name}" for name in failed))
    print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
