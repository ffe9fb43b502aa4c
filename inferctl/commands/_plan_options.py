"""The options of ``inferctl plan`` that stand for what AWS does not document, and their checks."""

from __future__ import annotations

import argparse
import math

from inferctl.planner.machine import Assumptions
from inferctl.planner.measured import Defaults
from inferctl.planner.plan import MOST_INSTANCES, Targets
from inferctl.planner.routing import Policy, Routing
from load_client.options import Problems

_ASSUMED, _TARGETS, _DEFAULTS, _ROUTING = Assumptions(), Targets(), Defaults(), Routing()
_MOST = 1_000_000.0
# option: lowest, highest, default, help
_NUMBERS = {
    "target_hit_ratio": (0.0, 1.0, _TARGETS.hit_ratio, "share of calls whose model is loaded"),
    "p99_ms": (0.0, _MOST, None, "cold calls included"),
    "load_seconds": (0.0, 3600.0, _DEFAULTS.load_seconds, "of models measured without"),
    "service_ms": (0.0, _MOST, _DEFAULTS.service_ms, "of models measured without"),
    "usable_host": (0.01, 1.0, _ASSUMED.usable_host, "share of the memory that models fill"),
    "usable_gpu": (0.01, 1.0, _ASSUMED.usable_gpu, "share of the GPU memory that models fill"),
    "unload_seconds": (0.0, 3600.0, _ASSUMED.unload_seconds, "of a model that goes for another"),
    "gpu_fixed_mib": (0.0, _MOST, _ASSUMED.gpu_fixed_mib, "GPU memory of the server itself"),
}
_COUNTS = {
    "max_instances": (None, "instances allowed; default: the platform's most"),
    "parallel_loads": (_ASSUMED.parallel_loads, "models that load at once on an instance"),
    "slots": (_ASSUMED.slots, "calls that an instance answers at once at full speed"),
    "spill_at": (_ROUTING.spill_at, "calls under way at which an instance gets no more"),
}


def add_assumptions(parser: argparse.ArgumentParser) -> None:
    """Targets, and the numbers that nobody but the operator can know."""
    for name, (_, _, default, text) in _NUMBERS.items():
        parser.add_argument(_flag(name), type=float, default=default, help=_help(text, default))
    for name, (count, text) in _COUNTS.items():
        parser.add_argument(_flag(name), type=int, default=count, help=_help(text, count))
    parser.add_argument(
        "--routing",
        choices=[str(each) for each in Policy],
        default=str(_ROUTING.policy),
        help="random is the worst that AWS's routing could be; default sticky",
    )


def check_assumptions(given: argparse.Namespace, problems: Problems) -> None:
    """What is out of range."""
    for name, (lowest, highest, _, _) in _NUMBERS.items():
        value = getattr(given, name)
        if value is not None and not (math.isfinite(value) and lowest <= value <= highest):
            text = f"{_flag(name)} must be {lowest:g} to {highest:,.0f}, got {value:g}"
            problems.add([text])
    for name in _COUNTS:
        value = getattr(given, name)
        if value is not None and not 1 <= value <= MOST_INSTANCES:
            problems.add([f"{_flag(name)} must be 1 to {MOST_INSTANCES}, got {value}"])


def assumptions_of(given: argparse.Namespace) -> Assumptions:
    """The memory and the parallelism of an instance."""
    return Assumptions(
        usable_host=given.usable_host,
        usable_gpu=given.usable_gpu,
        gpu_fixed_mib=given.gpu_fixed_mib,
        parallel_loads=given.parallel_loads,
        slots=given.slots,
        unload_seconds=given.unload_seconds,
    )


def routing_of(given: argparse.Namespace) -> Routing:
    """Which instance gets a call."""
    return Routing(policy=Policy(given.routing), spill_at=given.spill_at)


def assumed_text(given: argparse.Namespace) -> str:
    """One sentence of what AWS leaves open, as it was taken here."""
    return (
        f"AWS does not document these, so they are assumed: {given.usable_host:.0%} of the host"
        f" memory and {given.usable_gpu:.0%} of the GPU memory less {given.gpu_fixed_mib:g} MiB"
        f" hold models; {_counted(given.parallel_loads, 'load')} and"
        f" {_counted(given.slots, 'answer')} at once on an instance; an unload takes"
        f" {given.unload_seconds:g} s; {given.routing} routing that"
        f" spills at {given.spill_at} calls under way"
    )


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _help(text: str, default: float | None) -> str:
    return text if default is None else f"{text}, default {default:g}"
