"""Types the file section by section, so that a broken section does not hide another's problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stacks.platform_file import ModelEntry, PlatformFile
from stacks.platform_messages import problems_of
from stacks.platform_problems import Problem

# Stand in for required keys that are missing or wrong; no rule looks at a broken section.
_REQUIRED = {"platform": "unnamed", "region": "us-east-1"}


@dataclass(frozen=True, kw_only=True)
class TypedFile:
    """What could be typed. ``broken`` are the top-level keys that hold their defaults instead.

    ``models`` are the entries that could be typed, each with its place in the list.
    """

    file: PlatformFile
    broken: frozenset[str]
    models: tuple[tuple[int, ModelEntry], ...]
    problems: tuple[Problem, ...]


def read_sections(path: Path, raw: Mapping[str, Any]) -> TypedFile:
    """Types ``raw``, with a Problem for everything that does not fit the schema."""
    try:
        file = PlatformFile.model_validate(raw)
    except ValidationError as error:
        return _without_broken(path, raw, error)
    return TypedFile(
        file=file, broken=frozenset(), models=tuple(enumerate(file.models)), problems=()
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
    return TypedFile(
        file=file, broken=broken, models=models, problems=tuple(problems_of(path, error))
    )
