"""Fleets of 100, 1,000 and 10,000 models packaged by the embedded AWS's real state machine.

Each fleet is a platform of its own (``compile: {always: true}``), deployed by the stock CDK CLI
through the Provider framework: first all models, then the same manifest with another property of
the resource, so that CloudFormation asks the handlers again, then with one model changed. Models
share their code and differ in a number. ``deploy`` is the models stack's time as the CLI states it,
``machine`` that of the execution which packages.

Exit status 1 when either grows more than linearly from the smallest fleet on, the second run makes
an archive or starts an execution or a job, the third makes other than one archive, the templates
differ in size, or memory grows by --limit-mb (1,500) or more over the smallest fleet.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inferctl.cdk_cli import CdkRun, cdk
from inferctl.deployment import read_deployment
from inferctl.environment import ROOT, environment
from inferctl.localaws.app import LocalAws
from inferctl.localaws.clients import ACCOUNT

SIZES: Final = (100, 1000, 10_000)
REGION: Final = "us-east-1"
MODEL: Final = """\
description: scales one number
licence: Apache-2.0
golden: null
builds:
  laptop:
    targets: [cpu]
    overlays: [repository]
    precision: fp32
    shapes: {INPUT0: [1]}
"""
CONFIG: Final = """\
backend: "python"
max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 1 ] } ]
"""
CODE: Final = """\
class TritonPythonModel:
    def execute(self, requests):
        return []
"""
PROGRAM: Final = """
import gc, json, sys
from pathlib import Path
from stacks.application import build_app
from stacks.config import load_platform
gc.freeze()  # as app.py does
root, outdir = Path(sys.argv[1]), Path(sys.argv[2])
context = json.loads(Path("cdk.json").read_text())["context"]
platform = load_platform(root / "platform.yaml", models_root=root / "models")
app = build_app(platform, context=context, outdir=outdir)
for node in app.node.find_all():
    if getattr(node, "cfn_resource_type", "") == "Custom::ModelFleet":
        node.add_property_override("TimeLimitSeconds", sys.argv[3])
app.synth()
"""


@dataclass(frozen=True, kw_only=True)
class Calls:
    """What a run did, by what it left."""

    archives: int
    executions: int
    jobs: int


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One fleet."""

    synth_seconds: float
    deploy_seconds: float
    machine_seconds: float
    peak_mb: float
    template_bytes: int
    first: Calls
    second: Calls
    asked_again: bool
    """Whether the second run came to the handlers at all."""
    changed: Calls


class Fleet:
    """A platform of ``count`` models on ``aws``."""

    def __init__(self, aws: LocalAws, folder: Path, count: int) -> None:
        self.count = count
        self._aws = aws
        # names of one length give templates of one length
        self._name = f"scale-{count:05}"
        self._root = folder / self._name
        names = [f"model-{number:05}" for number in range(count)]
        for number, name in enumerate(names):
            member = self._root / "models" / name / "repository" / "scale"
            (member / "1").mkdir(parents=True)
            (self._root / "models" / name / "model.yaml").write_text(MODEL)
            (member / "config.pbtxt").write_text(CONFIG)
            (member / "1" / "model.py").write_text(CODE)
            (member / "1" / "factor.bin").write_bytes(struct.pack("<f", number))
        lines = [f"platform: {self._name}", "deploy_to: embedded", f"region: {REGION}"]
        lines += ["removal: destroy", "network: {nat_gateways: 1}", "compile: {always: true}"]
        models = [f"  - {{name: {name}}}" for name in names]
        (self._root / "platform.yaml").write_text("\n".join([*lines, "models:", *models, ""]))

    def measure(self) -> Measured:
        """Deploy three times."""
        begun = time.monotonic()
        size = self._synthesize("first")
        synthesized = time.monotonic() - begun
        run = self._deploy("first")
        first, peak = self._calls(), peak_mb()
        machine = self._machine_seconds()
        self._synthesize("again", time_limit_seconds=3599)
        asked_again = self._deploy("again").stacks[f"{self._name}-models"].changed
        second = self._calls()
        factor = self._root / "models/model-00007/repository/scale/1/factor.bin"
        factor.write_bytes(struct.pack("<f", -1))
        self._synthesize("changed")
        self._deploy("changed")
        changed = self._calls()
        return Measured(
            synth_seconds=synthesized,
            deploy_seconds=run.stacks[f"{self._name}-models"].seconds,
            machine_seconds=machine,
            peak_mb=peak,
            template_bytes=size,
            first=first,
            second=_less(second, first),
            asked_again=asked_again,
            changed=_less(changed, second),
        )

    def _synthesize(self, out: str, *, time_limit_seconds: int = 3600) -> int:
        """The bytes of the template."""
        outdir = self._root / out
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(self._root), str(outdir), str(time_limit_seconds)],
            cwd=ROOT,
            env={**os.environ, **environment()},
            check=True,
        )
        return (outdir / f"{self._name}-models.template.json").stat().st_size

    def _deploy(self, out: str) -> CdkRun:
        app = ("--app", str(self._root / out))
        return run_cdk(self._aws, "deploy", "--all", *app, "--require-approval", "never")

    def _calls(self) -> Calls:
        outputs = read_deployment(self._name, region=REGION, url=self._aws.url).outputs
        pages = (
            self._aws.client("s3")
            .get_paginator("list_object_versions")
            .paginate(Bucket=outputs["ArtifactBucket"], Prefix=outputs["Prefix"])
        )
        keys = [version["Key"] for page in pages for version in page.get("Versions", ())]
        queues = self._aws.status()["queues"].values()
        return Calls(
            archives=sum(key.endswith(".tar.gz") for key in keys),
            executions=len(self._executions()),
            jobs=sum(sum(queue["jobs"].values()) for queue in queues),
        )

    def _machine_seconds(self) -> float:
        ran = [seen["stopDate"] - seen["startDate"] for seen in self._executions()]
        seconds: float = sum(one.total_seconds() for one in ran)
        return seconds

    def _executions(self) -> list[dict[str, Any]]:
        """Those that worked for this fleet."""
        states = self._aws.client("stepfunctions")
        found = []
        for machine in states.list_state_machines()["stateMachines"]:
            listed = states.list_executions(stateMachineArn=machine["stateMachineArn"])
            for one in listed["executions"]:
                seen = states.describe_execution(executionArn=one["executionArn"])
                if json.loads(seen["input"]).get("fleet") == f"{self._name}-models":
                    found.append(seen)
        return found


def run_cdk(aws: LocalAws, *arguments: str, cwd: Path = ROOT) -> CdkRun:
    """The stock CLI."""
    return cdk(arguments, url=aws.url, region=REGION, on_progress=lambda _text: None, cwd=cwd)


def peak_mb() -> float:
    """Most resident memory so far of this process, which is the embedded AWS."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _less(after: Calls, before: Calls) -> Calls:
    return Calls(
        archives=after.archives - before.archives,
        executions=after.executions - before.executions,
        jobs=after.jobs - before.jobs,
    )


def _row(count: int, one: Measured) -> str:
    calls = " ".join(
        f"{run.archives:,}/{run.executions}/{run.jobs}".rjust(12)
        for run in (one.first, one.second, one.changed)
    )
    return (
        f"{count:6,} {one.synth_seconds:8.1f} {one.deploy_seconds:9.1f}"
        f" {one.machine_seconds:10.1f} {one.peak_mb:8.0f} {one.template_bytes:9,} {calls}"
    )


def _problems(found: dict[int, Measured], limit_mb: float) -> list[str]:
    (few, least), *others = found.items()
    problems = []
    for count, one in others:
        for what, seconds, base in (
            ("deploy", one.deploy_seconds, least.deploy_seconds),
            ("machine", one.machine_seconds, least.machine_seconds),
        ):
            growth = seconds / base
            print(f"{what}: {count // few} times the models take {growth:.1f} times as long")
            if growth > count / few:
                problems.append(f"{what} of {count} models grows more than linearly")
    for count, one in found.items():
        if one.first.archives != count:
            problems.append(f"{count} models: {one.first.archives} archives")
        if not one.asked_again or one.second != Calls(archives=0, executions=0, jobs=0):
            problems.append(f"{count} models: the second run did {one.second}")
        if (one.changed.archives, one.changed.jobs) != (1, 0):
            problems.append(f"{count} models: one changed model did {one.changed}")
    if len({one.template_bytes for one in found.values()}) > 1:
        problems.append("the template grows with the models")
    grown = max(one.peak_mb for one in found.values()) - least.peak_mb
    print(f"memory grew by {grown:.0f} MB (bar {limit_mb:.0f})")
    if grown >= limit_mb:
        problems.append("memory is above the bar")
    return problems


def main() -> int:
    """Print a line for each size and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--limit-mb", type=float, default=1500)
    arguments = parser.parse_args()
    found: dict[int, Measured] = {}
    print("calls are archives/executions/jobs")
    print("models  synth s  deploy s  machine s  peak MB  template        first ", end="")
    print("      second      changed", flush=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with LocalAws(folder / "aws") as aws:
            run_cdk(aws, "bootstrap", f"aws://{ACCOUNT}/{REGION}", cwd=folder)
            for count in sorted(arguments.sizes):
                found[count] = Fleet(aws, folder, count).measure()
                print(_row(count, found[count]), flush=True)
    problems = _problems(found, arguments.limit_mb)
    for problem in problems:
        print(problem)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
