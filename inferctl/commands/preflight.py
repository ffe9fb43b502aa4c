"""``inferctl preflight``: would a deployment of this platform work today, in this account?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from rich.text import Text

from inferctl.commands._target import load
from inferctl.deployment import NotDeployedError
from inferctl.environment import ROOT
from inferctl.localaws.state import running_url
from inferctl.output import Progress, console, errors
from inferctl.preflight.account import Asks, NobodyToAsk, account_at
from inferctl.preflight.finding import Outcome
from inferctl.preflight.output import as_json, as_markdown, as_text
from inferctl.preflight.policy import policy
from inferctl.preflight.runner import run_checks
from inferctl.preflight.subject import Subject
from inferctl.preflight.synthesis import SynthesisError, synthesize
from stacks.config import Platform

_STYLES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.PASSED: "green",
        Outcome.FAILED: "bold red",
        Outcome.UNKNOWN: "yellow",
        Outcome.TO_DO: "cyan",
    }
)


def add_parser(verbs: Any) -> None:
    """``inferctl preflight [--platform FILE] [--json | --markdown | --policy]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "preflight",
        help="check quotas, zones, images and dates before a deployment",
        description="Synthesizes a platform and holds it against the account of the AWS"
        " credentials: quotas at full scale, zones that offer the instance types, images that can"
        " be pulled, dates, the bootstrap, weights, and changes that AWS refuses in one step."
        " Without credentials it prints what to look at. It only reads.",
        epilog="Exit status: 0 ready (or not known to fail), 1 something would fail, 2 unusable"
        " input. --strict: what could not be found out counts as failing.",
    )
    parser.add_argument(
        "--platform",
        type=Path,
        default=ROOT / "platforms" / "prod.yaml",
        help="platform file (default: platforms/prod.yaml)",
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="every field of every finding")
    output.add_argument("--markdown", action="store_true", help="a checklist, as for a comment")
    output.add_argument(
        "--policy", action="store_true", help="print the IAM policy that this needs, and stop"
    )
    parser.add_argument("--offline", action="store_true", help="ask nobody: the checklist alone")
    parser.add_argument("--strict", action="store_true", help="what is unknown fails too")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check and print; returns the exit status."""
    try:
        platform = load(arguments.platform)
        with Progress("cdk synth"):
            templates = synthesize(platform)
    except (NotDeployedError, SynthesisError) as error:
        errors.print(str(error), markup=False)
        return 2
    subject = Subject(
        platform=platform,
        templates=templates,
        now=datetime.now(UTC),
        acknowledged=acknowledged(arguments.platform),
    )
    if arguments.policy:
        print(json.dumps(policy(subject), indent=2))
        return 0
    with Progress("asking the account"):
        report = run_checks(subject, _account(platform, offline=arguments.offline))
    if arguments.json:
        print(as_json(report))
    elif arguments.markdown:
        print("\n".join(as_markdown(report)))
    else:
        _print(as_text(report))
    unknown = arguments.strict and report.count(Outcome.UNKNOWN)
    return 0 if report.ready and not unknown else 1


def acknowledged(path: Path) -> frozenset[str]:
    """The ends of life that a platform file (without problems) knows of."""
    return frozenset(yaml.safe_load(path.read_text()).get("acknowledge_end_of_life", []))


def _account(platform: Platform, *, offline: bool) -> Asks:
    if offline:
        return NobodyToAsk(Outcome.TO_DO, "nobody was asked")
    if platform.deploy_to != "embedded":
        return account_at(None)
    url = running_url()
    if url is None:
        return NobodyToAsk(Outcome.TO_DO, "the embedded AWS is not running")
    return account_at(url)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        text = Text(line)
        for outcome, style in _STYLES.items():
            text.highlight_regex(rf"^  {outcome.value} ", style)
        text.highlight_regex(r"^\S.*", "bold")
        text.highlight_regex(r"^ {11}(see|fix):", "dim")
        console.print(text)
