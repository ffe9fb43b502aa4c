"""One line of ``neuron-monitor``, read into what the metrics need.

Format: https://awsdocs-neuron.readthedocs-hosted.com/en/latest/tools/neuron-sys-tools/neuron-monitor-user-guide.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class ReportError(ValueError):
    """A line that is not a report; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """One process that uses NeuronCores, which are numbered over the whole host.

    ``utilization`` is in percent by core and ``memory`` in bytes by core; ``device_memory`` counts
    all of the process and is None, like ``errors``, where the monitor could not tell.
    """

    pid: int
    utilization: Mapping[int, float]
    memory: Mapping[int, int]
    device_memory: int | None
    errors: int | None


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one line says; ``complaints`` are errors that the monitor met while it measured."""

    runtimes: tuple[Runtime, ...]
    complaints: tuple[str, ...] = field(default=())


def parse_report(line: bytes) -> Report:
    """The report; raises `ReportError` for a line that is none."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ReportError(f"no JSON: {error}") from error
    if not isinstance(document, dict):
        raise ReportError(f"no JSON object but {type(document).__name__}")
    entries = document.get("neuron_runtime_data")
    if entries is None:
        entries = []  # Go writes an empty list as null
    if not isinstance(entries, list):
        raise ReportError("neuron_runtime_data is not a list")
    complaints: list[str] = []
    for place in ("instance_info", "neuron_hardware_info"):
        _complain(document.get(place), place, complaints)
    runtimes = [_runtime(entry, complaints) for entry in entries]
    return Report(runtimes=tuple(runtimes), complaints=tuple(complaints))


def _runtime(entry: Any, complaints: list[str]) -> Runtime:
    entry = _object(entry, "neuron_runtime_data[]")
    pid = _whole(entry.get("pid", 0), "pid")
    _complain(entry, f"process {pid}", complaints)
    report = _object(entry.get("report"), "report")
    counters = _group(report, "neuroncore_counters", pid, complaints)
    stats = _group(report, "execution_stats", pid, complaints)
    used = _group(report, "memory_used", pid, complaints)
    memory = _object(used.get("neuron_runtime_used_bytes"), "neuron_runtime_used_bytes")
    in_use = _by_core(counters.get("neuroncores_in_use"), "neuroncores_in_use")
    return Runtime(
        pid=pid,
        utilization={
            core: min(_number(data.get("neuroncore_utilization"), "neuroncore_utilization"), 100.0)
            for core, data in in_use.items()
        },
        memory=_memory_by_core(memory),
        device_memory=(
            _whole(memory["neuron_device"], "neuron_device") if "neuron_device" in memory else None
        ),
        errors=_errors(stats) if "error_summary" in stats else None,
    )


def _group(
    report: Mapping[str, Any], name: str, pid: int, complaints: list[str]
) -> Mapping[str, Any]:
    """A metric group, empty where the monitor says that it could not measure it."""
    group = _object(report.get(name), name)
    return {} if _complain(group, f"process {pid}: {name}", complaints) else group


def _complain(value: Any, place: str, complaints: list[str]) -> bool:
    error = value.get("error") if isinstance(value, dict) else None
    if error:
        complaints.append(f"{place}: {error}")
    return bool(error)


def _memory_by_core(memory: Mapping[str, Any]) -> dict[int, int]:
    breakdown = _object(memory.get("usage_breakdown"), "usage_breakdown")
    cores = _by_core(breakdown.get("neuroncore_memory_usage"), "neuroncore_memory_usage")
    return {
        core: sum(
            _whole(amount, f"neuroncore_memory_usage.{kind}") for kind, amount in data.items()
        )
        for core, data in cores.items()
    }


def _errors(stats: Mapping[str, Any]) -> int:
    summary = _object(stats["error_summary"], "error_summary")
    return sum(_whole(count, f"error_summary.{kind}") for kind, count in summary.items())


def _by_core(value: Any, name: str) -> dict[int, dict[str, Any]]:
    cores = {}
    for key, data in _object(value, name).items():
        if not key.isascii() or not key.isdigit():
            raise ReportError(f"{name}: {key!r} is no core number")
        cores[int(key)] = _object(data, f"{name}.{key}")
    return cores


def _object(value: Any, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ReportError(f"{name} is not an object")
    return value


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ReportError(f"{name} is not a number")
    if not math.isfinite(value) or value < 0:
        raise ReportError(f"{name} is {value}")
    return float(value)


def _whole(value: Any, name: str) -> int:
    return int(_number(value, name))
