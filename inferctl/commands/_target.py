"""The arguments that say which deployed platform a command talks to."""

from __future__ import annotations

import argparse
from pathlib import Path

from inferctl.deployment import Deployment, NotDeployedError, read_deployment
from inferctl.environment import ROOT
from inferctl.localaws.state import running_url
from stacks.config import Platform, PlatformFileError, load_platform
from stacks.platform.models import PlatformModel


def add_target(parser: argparse.ArgumentParser) -> None:
    """``--platform FILE``; an ``embedded`` platform is looked for on the embedded AWS."""
    parser.add_argument(
        "--platform",
        type=Path,
        default=ROOT / "platforms" / "laptop.yaml",
        help="platform file (default: platforms/laptop.yaml)",
    )


def load(path: Path) -> Platform:
    """The platform file; raises `NotDeployedError` with every problem it has."""
    try:
        return load_platform(path, models_root=ROOT / "models")
    except PlatformFileError as error:
        raise NotDeployedError(str(error)) from error


def model_named(platform: Platform, name: str) -> PlatformModel:
    """One model of the platform; raises `NotDeployedError` naming those there are."""
    for model in platform.models:
        if model.name == name:
            return model
    there = ", ".join(model.name for model in platform.models) or "none"
    raise NotDeployedError(f"{platform.path}: models: no {name!r} among them (there are: {there})")


def deployment_of(platform: Platform) -> Deployment:
    """The deployed platform; raises `NotDeployedError` when there is none."""
    url = None
    if platform.deploy_to == "embedded":
        url = running_url()
        if url is None:
            raise NotDeployedError("the embedded AWS is not running; run `make up`")
    return read_deployment(platform.name, region=platform.region, url=url)
