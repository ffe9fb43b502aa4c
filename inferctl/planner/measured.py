"""What models were measured to take: a table, or the embedded AWS's own status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inferctl.planner.fleet import Fleet, fleet_of
from inferctl.planner.names import model_name
from inferctl.planner.rows import FileProblems, csv_rows, read_json
from load_client.errors import InputError

_COLUMNS = ("model", "host_mib", "gpu_mib", "load_seconds", "service_ms")
_ANY_MODEL = "*"
_MIB = 1 << 20
_MOST_NAMES = 5


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One model; None for what was not measured."""

    host_mib: float
    gpu_mib: float | None = None
    load_seconds: float | None = None
    service_ms: float | None = None


def read_measured(path: Path) -> dict[str, Measured]:
    """A CSV table or `inferctl local status --json`; raises `InputError` with every problem."""
    if path.suffix == ".csv":
        return _of_csv(path)
    document = read_json(path)
    serving = document.get("serving") if isinstance(document, dict) else None
    if not isinstance(serving, dict):
        raise InputError(
            [f"{path}: must be a CSV table or what `inferctl local status --json` prints"]
        )
    try:
        found = measured_of_status(serving)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            [f"{path}: serving must be as `inferctl local status --json` prints it: {error!r}"]
        ) from error
    if not found:
        raise InputError([f"{path}: no model was loaded then: call each of them once before"])
    return found


def measured_of_status(serving: Mapping[str, Any]) -> dict[str, Measured]:
    """The loaded models of every endpoint in an embedded AWS's status."""
    found: dict[str, Measured] = {}
    for endpoint in serving.values():
        for model in endpoint["models"]:
            name, mib = model_name(model["target_model"]), model["bytes"] / _MIB
            # on several endpoints, or in several versions: the largest
            if name not in found or mib > found[name].host_mib:
                found[name] = Measured(host_mib=mib, load_seconds=float(model["load_seconds"]))
    return found


def _of_csv(path: Path) -> dict[str, Measured]:
    problems = FileProblems(path)
    found: dict[str, Measured] = {}
    lines: dict[str, int] = {}
    for line, row in csv_rows(path, problems, needed=_COLUMNS[:2], allowed=_COLUMNS):
        name = problems.name(row, line)
        values = {
            column: problems.number(row, column, line)
            for column in _COLUMNS[1:]
            if column == "host_mib" or row.get(column)
        }
        if name is None or None in values.values():
            continue
        name = model_name(name)
        if name in found:
            problems.add(f"{name} is there twice, see line {lines[name]}", line=line)
        lines[name] = line
        found[name] = Measured(**{key: each for key, each in values.items() if each is not None})
    problems.raise_any()
    return found


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What stands for a number that was not measured."""

    load_seconds: float = 10.0
    service_ms: float = 20.0


def fleet_from(
    names: Sequence[str], measured: Mapping[str, Measured], defaults: Defaults
) -> tuple[Fleet, tuple[str, ...]]:
    """The fleet and notes about what was assumed; raises `InputError` for unmeasured models.

    A model named ``*`` stands for all that have no row of their own.
    """
    anything = measured.get(_ANY_MODEL)
    missing = [name for name in names if name not in measured] if anything is None else []
    if missing:
        shown = ", ".join(missing[:_MOST_NAMES]) + (", ..." if len(missing) > _MOST_NAMES else "")
        raise InputError(
            [
                f"{len(missing):,} models of the traffic have no measured memory: {shown}."
                " Give --measured FILE, a CSV of model,host_mib,gpu_mib (a model named * stands for"
                " the rest), or what `inferctl local status --json` prints"
            ]
        )
    rows = [measured.get(name) or anything for name in names]
    known = [row for row in rows if row is not None]
    fleet = fleet_of(
        names,
        host_mib=[row.host_mib for row in known],
        gpu_mib=[row.host_mib if row.gpu_mib is None else row.gpu_mib for row in known],
        load_seconds=[
            defaults.load_seconds if row.load_seconds is None else row.load_seconds for row in known
        ],
        service_seconds=[
            (defaults.service_ms if row.service_ms is None else row.service_ms) / 1000
            for row in known
        ],
    )
    return fleet, _notes(known, defaults)


def _notes(rows: Sequence[Measured], defaults: Defaults) -> tuple[str, ...]:
    texts = {
        "gpu_mib": "the GPU memory of {} was not measured: taken as large as their host memory",
        "load_seconds": f"the load time of {{}} was not measured: {defaults.load_seconds:g} s"
        " (--load-seconds)",
        "service_ms": f"the time of a call of {{}} was not measured: {defaults.service_ms:g} ms"
        " (--service-ms)",
    }
    counts = {name: sum(getattr(row, name) is None for row in rows) for name in texts}
    return tuple(
        text.format("1 model" if counts[name] == 1 else f"{counts[name]:,} models")
        for name, text in texts.items()
        if counts[name]
    )
