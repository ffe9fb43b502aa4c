"""``inferctl down``: destroy with the stock CDK CLI, then look for what it left."""

from __future__ import annotations

import argparse
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from inferctl.cdk_cli import CdkFailedError, cdk
from inferctl.commands._target import load
from inferctl.deployment import NotDeployedError
from inferctl.environment import CLOUD_ASSEMBLY, ROOT
from inferctl.localaws.daemon import DaemonError, stop
from inferctl.localaws.state import running_url
from inferctl.output import console, errors, step


def add_parser(verbs: Any) -> None:
    """``inferctl down [--platform FILE]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "down", help="destroy the laptop platform", description=__doc__
    )
    default = ROOT / "platforms" / "laptop.yaml"
    parser.add_argument("--platform", type=Path, default=default, help="an embedded platform file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 nothing left, 1 something is, 2 unusable platform file."""
    url = running_url()
    if url is None:
        console.print("the embedded AWS is not running; nothing to destroy")
        return 0
    try:
        platform = load(arguments.platform)
    except NotDeployedError as error:
        errors.print(str(error), markup=False)
        return 2
    out = CLOUD_ASSEMBLY / platform.name
    # what was deployed is destroyed from its own templates, without synthesizing again
    app = ["--app", str(out)] if (out / "manifest.json").exists() else []
    context = ["--context", f"platform={platform.path}"]
    try:
        with step("cdk destroy") as progress:
            cdk(
                ["destroy", "--all", "--force", *app, *context],
                url=url,
                region=platform.region,
                on_progress=progress.update,
            )
        leftovers = _leftovers(url)
        with step("stop the embedded AWS"):
            stop()
    except (CdkFailedError, DaemonError) as error:
        errors.print(str(error), markup=False)
        errors.print("`tools/run inferctl local stop` throws the embedded AWS away", markup=False)
        return 1
    for name in leftovers:
        errors.print(f"left behind: {name}", markup=False)
    console.print("nothing is left" if not leftovers else f"{len(leftovers)} left behind")
    return 1 if leftovers else 0


def _leftovers(url: str) -> list[str]:
    """What exists without a stack that owns it; raises `DaemonError` if that cannot be asked."""
    try:
        with urllib.request.urlopen(f"{url}/_localaws/leftovers", timeout=30) as response:
            found: list[str] = json.load(response)["leftovers"]
    except (urllib.error.URLError, ValueError, KeyError) as error:
        raise DaemonError(f"the embedded AWS did not list its leftovers: {error}") from error
    return found
