"""``inferctl plan``: how many instances of which type a fleet's traffic needs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inferctl.commands._plan_options import (
    add_assumptions,
    assumed_text,
    check_assumptions,
    routing_of,
)
from inferctl.commands._plan_types import cheapest, instead_of, most_instances, options_of, types_of
from inferctl.commands._target import add_target, load
from inferctl.deployment import NotDeployedError
from inferctl.output import console, errors
from inferctl.planner.live_status import measured_here
from inferctl.planner.measured import Defaults, fleet_from, read_measured
from inferctl.planner.plan import Question, Targets
from inferctl.planner.replay import calls_to_simulate
from inferctl.planner.report import Option, Plan, plan_json, plan_text
from inferctl.planner.traffic_file import read_traffic
from load_client.errors import InputError
from load_client.options import Problems
from stacks.config import Platform


def add_parser(verbs: Any) -> None:
    """``inferctl plan --platform FILE --traffic FILE [--measured FILE]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "plan",
        help="instances, hit ratio, p99 and cost of a fleet's traffic",
        description="Finds the fewest instances that keep the targets, from the models' measured"
        " memory and their traffic: rates (CSV of model,calls_per_minute, with a column minute for"
        " rates that change; or JSON) or an access log (CSV of time,model; or JSON Lines).",
        epilog="Exit status: 0 the platform's fleet holds the traffic, 1 it does not, 2 unusable"
        " input.",
    )
    add_target(parser)
    add = parser.add_argument
    add("--traffic", type=Path, required=True, help=".csv, .json, .jsonl or .log")
    add(
        "--measured",
        type=Path,
        help="CSV of model,host_mib[,gpu_mib,load_seconds,service_ms], or the output of `inferctl"
        " local status --json`; default: ask the embedded AWS",
    )
    add(
        "--instance-type",
        action="append",
        default=[],
        metavar="TYPE",
        help="instead of the platform's; repeat it to compare, or `any`",
    )
    add_assumptions(parser)
    add("--json", action="store_true", help="everything, as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 the fleet holds, 1 it does not, 2 unusable input."""
    try:
        plan = make_plan(arguments)
    except InputError as error:
        errors.print("\n".join(error.problems), markup=False)
        return 2
    if arguments.json:
        print(json.dumps(plan_json(plan), indent=2, allow_nan=False))
    else:
        console.print(plan_text(plan, width=console.width), markup=False)
    return 0 if plan.best is not None else 1


def make_plan(given: argparse.Namespace) -> Plan:
    """The plan; raises `InputError` with every problem."""
    problems = Problems()
    check_assumptions(given, problems)
    platform = problems.catch(_loaded, given.platform)
    endpoint = None if platform is None else platform.endpoint
    types = None
    if platform is not None and endpoint is not None:
        types = problems.catch(types_of, given.instance_type, platform, endpoint)
    traffic = problems.catch(read_traffic, given.traffic)
    measured = problems.catch(read_measured, given.measured) if given.measured else measured_here()
    if problems.found or platform is None or endpoint is None or types is None:
        raise InputError(problems.found)
    assert traffic is not None and measured is not None
    defaults = Defaults(load_seconds=given.load_seconds, service_ms=given.service_ms)
    fleet, notes = fleet_from(traffic.names, measured, defaults)
    question = Question(
        fleet=fleet,
        traffic=traffic,
        routing=routing_of(given),
        targets=Targets(hit_ratio=given.target_hit_ratio, p99_ms=given.p99_ms),
        replay=calls_to_simulate(traffic),
    )
    most = given.max_instances or most_instances(endpoint)
    options = options_of(question, given, platform, types, most=most)
    best = cheapest([option for option in options if option.answer.holds])
    return Plan(
        options=options,
        best=best,
        instead=instead_of(question, given, platform, options) if best is None else (),
        notes=(
            *notes,
            *_difference_notes(traffic.names, platform),
            *_price_notes(options, platform.region),
            _method_note(question),
            assumed_text(given),
        ),
    )


def _loaded(path: Path) -> Platform:
    """A platform that has an endpoint; raises `InputError`."""
    try:
        platform = load(path)
    except NotDeployedError as error:
        raise InputError(str(error).splitlines()) from error
    if platform.endpoint is None:
        raise InputError([f"{platform.path}: has no endpoint to plan for"])
    return platform


def _price_notes(options: Sequence[Option], region: str) -> list[str]:
    names = [option.answer.machine.name for option in options if option.price is None]
    return [f"the catalogue has no price in {region} of {', '.join(names)}"] if names else []


def _difference_notes(names: Sequence[str], platform: Platform) -> list[str]:
    """Models in only one of the platform and the traffic."""
    called, there = set(names), {model.name for model in platform.models}
    texts = (
        (called - there, f"of the traffic {{}} not in {platform.path.name}"),
        (there - called, f"of {platform.path.name} {{}} without traffic and never loaded"),
    )
    return [
        f"{len(found):,} model{'s' if len(found) > 1 else ''} "
        + text.format("are" if len(found) > 1 else "is")
        for found, text in texts
        if found
    ]


def _method_note(question: Question) -> str:
    if question.replay is None:
        return "estimated from rates: too many calls or models to simulate each call"
    calls = question.traffic.calls
    if calls is not None:
        return (
            f"every call of the log was simulated, from an empty fleet on: {len(calls):,} calls, of"
            f" which {len(question.traffic.names):,} are the first of their model and wait for a"
            " load on any fleet"
        )
    return "a sample of calls at these rates was simulated, after a warm-up"
