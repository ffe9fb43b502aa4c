"""``inferctl up``: the whole laptop platform, from nothing to an answered question."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inferctl.cdk_cli import CdkFailedError, CdkRun, cdk
from inferctl.cluster_view import ServiceView, ecs_client, read_cluster, read_services
from inferctl.commands._target import load
from inferctl.commands._two_steps import TwoStepsNeededError, refuse_two_steps, stacks_of
from inferctl.deployment import Deployment, NotDeployedError, read_deployment, stack_names
from inferctl.endpoint_client import InvocationError
from inferctl.environment import CLOUD_ASSEMBLY, ROOT
from inferctl.exporters.origin import ExportError
from inferctl.localaws.clients import ACCOUNT
from inferctl.localaws.daemon import DaemonError, start
from inferctl.localaws.serving.host_runner import choose_runner
from inferctl.localaws.serving.runner import StartError
from inferctl.output import Progress, console, errors, step, table
from inferctl.questions import Reply, ask_all
from model_folders import SeedSource, is_cached
from stacks.config import Platform
from stacks.platform.models import PlatformModel

_DEPLOY = (
    *("deploy", "--all", "--require-approval", "never"),
    *("--progress", "events", "--concurrency", "3"),
)
NEXT_STEPS = """\
next:
  tools/run inferctl invoke minilm --text 'hello'    ask a model
  tools/run inferctl bench minilm                    measure it
  tools/run inferctl local status                    what is loaded
  make down                                          destroy everything"""


def add_parser(verbs: Any) -> None:
    """``inferctl up [--platform FILE]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "up", help="deploy the laptop platform and ask each model", description=__doc__
    )
    default = ROOT / "platforms" / "laptop.yaml"
    parser.add_argument("--platform", type=Path, default=default, help="an embedded platform file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 all answered, 1 a step or an answer failed or AWS would need two deployments,
    2 unusable platform file."""
    try:
        platform = load(arguments.platform)
        if platform.deploy_to != "embedded":
            where = f"{arguments.platform}: deploy_to: {platform.deploy_to!r}"
            text = f"{where}; `make up` deploys embedded platforms only, use `cdk deploy` for AWS"
            raise NotDeployedError(text)
    except NotDeployedError as error:
        errors.print(str(error), markup=False)
        return 2
    try:
        return _up(platform)
    except (
        *(CdkFailedError, DaemonError, InvocationError),
        *(NotDeployedError, ExportError, TwoStepsNeededError),
    ) as error:
        errors.print(str(error), markup=False)
        return 1


def _up(platform: Platform) -> int:
    console.print(f"platform {platform.name} on the embedded AWS", markup=False)
    with step("model weights") as progress:
        progress.update(_prepare_weights(platform.models, progress))
    with step("tritonserver") as progress:
        unserved = _prepare_server(progress)
        progress.update(unserved or "ready")
    with step("embedded AWS") as progress:
        url = start(on_progress=progress.update).url
        progress.update(url)
    _bootstrap(url, platform.region)
    context = _context(platform, verify=unserved is None)
    assembly = _checked_assembly(platform, context, url)
    with step("cdk deploy") as progress:
        deployed = cdk(
            [*_DEPLOY, *(("--app", str(assembly)) if assembly is not None else context)],
            url=url,
            region=platform.region,
            on_progress=progress.update,
        )
        deployment = read_deployment(platform.name, region=platform.region, url=url)
        changed = sum(stack.changed for stack in deployed.stacks.values())
        verified = deployment.outputs.get("VerifiedModels")
        known = f", {verified} models answer their goldens" if verified is not None else ""
        progress.update(f"{changed} of {len(deployed.stacks)} stacks changed{known}")
    services = _services(platform, url)
    replies: list[Reply] = []
    failures: list[Exception] = []
    if platform.endpoint is not None and unserved is None:
        with step("a question to each model") as progress:
            replies, failures = ask_all(deployment.client(), platform.models)
            progress.update(f"{len(replies)} of {len(platform.models)} answered")
    _summary(deployment, deployed, replies, platform)
    _services_table(services)
    console.print(NEXT_STEPS, markup=False)
    if unserved is not None:
        console.print(f"everything is deployed but nothing serves: {unserved}", markup=False)
    for failure in failures:
        errors.print(str(failure), markup=False)
    wrong = [reply for reply in replies if not reply.comparison.matches]
    for reply in wrong:
        errors.print(f"{reply.model}: {reply.comparison.problem}", markup=False)
    return 1 if failures or wrong else 0


def _prepare_weights(models: Sequence[PlatformModel], progress: Progress) -> str:
    """Make the weights that are missing; raises `ExportError` naming the model."""
    wanted = {
        weights.sha256: (model.name, weights)
        for model in models
        for weights in model.build.weights
        if not is_cached(weights)
    }
    if not wanted:
        return "all there"
    # onnx and numpy take longer to import than all else that a run without work does
    from inferctl.exporters.weights import prepare_weights

    for name, weights in wanted.values():

        def show(done: int, total: int | None, title: str = f"{name} {weights.path}") -> None:
            progress.update(f"{title} {done / 1e6:.0f}{f'/{total / 1e6:.0f}' if total else ''} MB")

        progress.update(f"{name} {weights.path}")
        try:
            prepare_weights(weights, show)
        except ExportError as error:
            raise ExportError(f"{name}: {weights.path}: {error}") from error
    return f"{len(wanted)} made"


def _prepare_server(progress: Progress) -> str | None:
    """Fetch what serves on this host; returns why nothing can, where nothing can."""
    try:
        choose_runner(progress=progress.update)
    except StartError as error:
        return str(error)
    return None


def _context(platform: Platform, *, verify: bool) -> list[str]:
    """What the CLI needs to synthesize the platform."""
    arguments = ["--output", str(CLOUD_ASSEMBLY / platform.name)]
    arguments += ["--context", f"platform={platform.path}"]
    return arguments if verify else [*arguments, "--context", "verification=off"]


def _checked_assembly(platform: Platform, context: Sequence[str], url: str) -> Path | None:
    """What will be deployed, once it is known to follow what is; None where nothing is.

    Raises `TwoStepsNeededError`.
    """
    existing = stack_names(region=platform.region, url=url)
    stacks = stacks_of(platform.name, existing)
    if not stacks:
        return None
    with step("cdk synth") as progress:
        assembly = CLOUD_ASSEMBLY / platform.name
        cdk(
            ["synth", "--quiet", *context],
            url=url,
            region=platform.region,
            on_progress=progress.update,
        )
        refuse_two_steps(stacks, assembly, region=platform.region, url=url)
        progress.update("no change needs two deployments")
    return assembly


def _bootstrap(url: str, region: str) -> None:
    """``cdk bootstrap`` once, from a folder without cdk.json so that nothing is synthesized."""
    if "CDKToolkit" in stack_names(region=region, url=url):
        return
    with step("cdk bootstrap") as progress, tempfile.TemporaryDirectory() as empty:
        cdk(
            ["bootstrap", f"aws://{ACCOUNT}/{region}"],
            url=url,
            region=region,
            on_progress=progress.update,
            cwd=Path(empty),
        )


def _summary(
    deployment: Deployment, deployed: CdkRun, replies: list[Reply], platform: Platform
) -> None:
    rows = []
    for name, count in deployment.resources.items():
        seen = deployed.stacks.get(name)
        seconds = f"{seen.seconds:.1f}" if seen and seen.changed else "unchanged"
        rows.append((name, str(count), seconds))
    console.print()
    console.print(table(("stack", "resources>", "seconds>"), rows))
    answers = []
    for reply in replies:
        found = reply.comparison
        verdict = "golden" if found.matches else "NOT GOLDEN"
        answer = f"{found.elements} numbers, {verdict}, off by {found.max_absolute_error:.1g}"
        first, warm = f"{reply.first_seconds:.2f} s", f"{reply.warm_seconds * 1000:.1f} ms"
        answers.append((reply.model, answer, first, warm))
    if answers:
        console.print(table(("model", "answer", "first call>", "warm call>"), answers))
    seeded = [model.name for model in platform.models if _is_seeded(model)]
    if seeded:
        text = f"{' and '.join(seeded)}: seeded weights, so what the classes say means nothing"
        console.print(text, style="dim", markup=False)


def _services(platform: Platform, url: str) -> list[ServiceView]:
    """What runs on the platform's cluster; nothing where it has none."""
    plan = platform.cluster
    cluster = read_cluster(platform.name, region=platform.region, url=url) if plan else None
    if plan is None or cluster is None:
        return []
    pools = {service.name: service.pool.name for service in plan.services}
    return read_services(ecs_client(region=platform.region, url=url), cluster, pools=pools)


def _services_table(services: Sequence[ServiceView]) -> None:
    rows = [
        (
            *(view.service, view.pool, ", ".join(view.instance_types) or "-"),
            *(f"{view.running}/{view.desired}", view.chips or "-"),
        )
        for view in services
    ]
    if rows:
        columns = ("service", "pool", "instance type", "tasks>", "chips")
        console.print(table(columns, rows))
    for view in services:
        # a table would cut it, and what is cut cannot be copied
        if view.url is not None:
            console.print(f"{view.service}  {view.url}", markup=False)


def _is_seeded(model: PlatformModel) -> bool:
    return any(isinstance(weights.source, SeedSource) for weights in model.build.weights)
