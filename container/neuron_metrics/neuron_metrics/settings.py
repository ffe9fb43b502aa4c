"""The daemon's environment, read once and checked whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neuron_metrics.contract import (
    CLUSTER_VARIABLE,
    DEFAULT_PERIOD_SECONDS,
    OWNERS_VARIABLE,
    PERIOD_VARIABLE,
    POOL_VARIABLE,
    REGION_VARIABLE,
)

_LONGEST_PERIOD_SECONDS = 3600
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
_DIMENSION_VALUE = re.compile(r"(?!:)[\x21-\x7e][\x20-\x7e]{0,1023}")
_CORES = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")


class SettingsError(ValueError):
    """An environment that the daemon cannot run with; the message names every problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("neuron-metrics cannot start: " + "; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``owners`` maps a service to its NeuronCores, numbered over the whole host."""

    cluster: str
    pool: str
    owners: Mapping[str, frozenset[int]]
    period_seconds: int
    region: str


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings; raises `SettingsError` with everything that is wrong."""
    problems: list[str] = []
    names = {}
    for variable in (CLUSTER_VARIABLE, POOL_VARIABLE, REGION_VARIABLE):
        names[variable] = environment.get(variable, "")
        if not names[variable]:
            problems.append(f"{variable} is required")
        elif not _DIMENSION_VALUE.fullmatch(names[variable]):
            problems.append(f"{variable} must be 1 to 1024 ASCII characters")
    owners = _owners(environment.get(OWNERS_VARIABLE), problems)
    period = _period(environment.get(PERIOD_VARIABLE), problems)
    if problems:
        raise SettingsError(problems)
    return Settings(
        cluster=names[CLUSTER_VARIABLE],
        pool=names[POOL_VARIABLE],
        owners=owners,
        period_seconds=period,
        region=names[REGION_VARIABLE],
    )


def _period(text: str | None, problems: list[str]) -> int:
    if text is None:
        return DEFAULT_PERIOD_SECONDS
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= _LONGEST_PERIOD_SECONDS:
        problems.append(
            f"{PERIOD_VARIABLE} must be a whole number of seconds from 1 to"
            f" {_LONGEST_PERIOD_SECONDS}, got {text!r}"
        )
        return DEFAULT_PERIOD_SECONDS
    return int(text)


def _owners(text: str | None, problems: list[str]) -> dict[str, frozenset[int]]:
    shape = f'{OWNERS_VARIABLE} must be a JSON object such as {{"resnet": "0-3"}}'
    if text is None:
        problems.append(f"{OWNERS_VARIABLE} is required, {{}} where no service owns chips")
        return {}
    try:
        pairs = json.loads(text, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        problems.append(f"{shape}, got {text[:80]!r}")
        return {}
    if not isinstance(pairs, tuple):
        problems.append(f"{shape}, got {text[:80]!r}")
        return {}
    owners: dict[str, frozenset[int]] = {}
    taken: dict[int, str] = {}
    for service, listed in pairs:
        place = f"{OWNERS_VARIABLE}: {service!r}"
        if not _DIMENSION_VALUE.fullmatch(service):
            problems.append(f"{place} must be a service name of 1 to 1024 ASCII characters")
        if service in owners:
            problems.append(f"{place} is named twice")
        cores = _cores(listed)
        if cores is None:
            problems.append(f"{place} must have cores such as '0-3' or '0,2', got {listed!r}")
            cores = frozenset()
        for core in sorted(cores & taken.keys())[:1]:
            problems.append(f"{place} has core {core}, which {taken[core]!r} has already")
        taken.update(dict.fromkeys(cores, service))
        owners[service] = cores
    return owners


def _cores(listed: Any) -> frozenset[int] | None:
    if not isinstance(listed, str):
        return None
    cores: set[int] = set()
    for part in listed.split(","):
        found = _CORES.fullmatch(part.strip())
        if found is None:
            return None
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            return None
        cores.update(range(first, last + 1))
    return frozenset(cores)
