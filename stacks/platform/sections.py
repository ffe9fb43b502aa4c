"""Types the file section by section, so that a broken section does not hide another's problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stacks.platform.cluster.file import Cluster, Pool
from stacks.platform.cluster.service_file import OneOffTask, Service
from stacks.platform.file import ModelEntry, PlatformFile
from stacks.platform.messages import problems_of
from stacks.platform.problems import Problem

# Stand in for required keys that are missing or wrong; no rule looks at a broken section.
_REQUIRED = {"platform": "unnamed", "region": "us-east-1"}
_REQUIRED_POOLS = [{"name": "unnamed", "instance_type": "inf2.xlarge"}]
_LISTS = ("pools", "services", "tasks")


@dataclass(frozen=True, kw_only=True)
class TypedCluster:
    """The entries of the cluster that could be typed, each with its place in its list.

    ``broken``: keys of the section that hold their defaults instead, or lack an entry here.
    """

    section: Cluster
    pools: tuple[tuple[int, Pool], ...]
    services: tuple[tuple[int, Service], ...]
    tasks: tuple[tuple[int, OneOffTask], ...]
    broken: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class TypedFile:
    """What could be typed. ``broken`` are the top-level keys that hold their defaults instead.

    ``models`` are the entries that could be typed, each with its place in the list. ``cluster`` is
    None where there is none, or none that could be read.
    """

    file: PlatformFile
    broken: frozenset[str]
    models: tuple[tuple[int, ModelEntry], ...]
    cluster: TypedCluster | None
    problems: tuple[Problem, ...]


def read_sections(path: Path, raw: Mapping[str, Any]) -> TypedFile:
    """Types ``raw``, with a Problem for everything that does not fit the schema."""
    try:
        file = PlatformFile.model_validate(raw)
    except ValidationError as error:
        return _without_broken(path, raw, error)
    return TypedFile(
        file=file,
        broken=frozenset(),
        models=tuple(enumerate(file.models)),
        cluster=None if file.cluster is None else _whole(file.cluster),
        problems=(),
    )


def _without_broken(path: Path, raw: Mapping[str, Any], error: ValidationError) -> TypedFile:
    locations = [detail["loc"] for detail in error.errors(include_url=False)]
    broken = frozenset(str(location[0]) for location in locations if location)
    bad_entries = {
        location[1] for location in locations if location[0] == "models" and location[1:]
    }
    kept: dict[str, Any] = {key: value for key, value in raw.items() if key not in broken}
    file = PlatformFile.model_validate(
        {**{key: _REQUIRED[key] for key in _REQUIRED if key in broken}, **kept}
    )
    models = tuple(enumerate(file.models))
    if bad_entries:
        models = tuple(
            (position, ModelEntry.model_validate(entry))
            for position, entry in enumerate(raw["models"])
            if position not in bad_entries
        )
    if "cluster" in broken:
        cluster = _partial(raw["cluster"], [each[1:] for each in locations if each[0] == "cluster"])
    else:
        cluster = None if file.cluster is None else _whole(file.cluster)
    return TypedFile(
        file=file,
        broken=broken,
        models=models,
        cluster=cluster,
        problems=tuple(problems_of(path, error)),
    )


def _whole(section: Cluster) -> TypedCluster:
    return TypedCluster(
        section=section,
        pools=tuple(enumerate(section.pools)),
        services=tuple(enumerate(section.services)),
        tasks=tuple(enumerate(section.tasks)),
        broken=frozenset(),
    )


def _partial(raw: Any, locations: Sequence[tuple[int | str, ...]]) -> TypedCluster | None:
    """What is left of a cluster with problems at ``locations``, counted from its own keys."""
    if not isinstance(raw, dict):
        return None
    broken = frozenset(str(location[0]) for location in locations)
    good = {
        key: [
            (position, entry)
            for position, entry in enumerate(raw[key])
            if not {(key,), (key, position)} & {location[:2] for location in locations}
        ]
        for key in _LISTS
        if isinstance(raw.get(key), list)
    }
    kept = {key: value for key, value in raw.items() if key not in broken}
    entries = {key: [entry for _, entry in listed] for key, listed in good.items()}
    section = Cluster.model_validate(
        {**kept, **entries, "pools": entries.get("pools") or _REQUIRED_POOLS}
    )
    typed: dict[str, Any] = {
        key: tuple(
            zip(
                [position for position, _ in good.get(key, ())], getattr(section, key), strict=False
            )
        )
        for key in _LISTS
    }
    return TypedCluster(section=section, broken=broken, **typed)
