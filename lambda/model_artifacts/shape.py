"""Checks that a JSON object has the fields it should, naming every one that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_NAMES: Final = {
    str: "a string",
    int: "a whole number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


@dataclass(frozen=True)
class Field:
    """What a field must hold; ``digest`` asks for 64 lower-case hexadecimal digits."""

    types: tuple[type, ...]
    required: bool = True
    digest: bool = False
    minimum: int | None = None


def check_fields(value: object, place: str, fields: Mapping[str, Field]) -> list[str]:
    """Problems of ``value``, which should be an object with ``fields``; others are allowed.

    Unknown fields are let through: a later release may add some, and an older handler still
    has to publish when a deployment is rolled back.
    """
    if not isinstance(value, dict):
        return [f"{place} must be an object, got {type(value).__name__}"]
    given = cast("dict[str, object]", value)
    problems = [
        f"{place}.{name} is required"
        for name, field in fields.items()
        if field.required and name not in given
    ]
    for name, field in fields.items():
        if name in given:
            problem = _field_problem(given[name], field)
            if problem:
                problems.append(f"{place}.{name} {problem}")
    return problems


def _field_problem(value: object, field: Field) -> str | None:
    # bool is an int in Python, but `true` is no number in JSON
    if isinstance(value, bool) or not isinstance(value, field.types):
        wanted = " or ".join(_NAMES[kind] for kind in field.types)
        return f"must be {wanted}, got {value!r:.80}"
    if field.digest and isinstance(value, str) and not _DIGEST.fullmatch(value):
        return f"must be 64 lower-case hexadecimal digits, got {value!r:.80}"
    if field.minimum is not None and isinstance(value, int) and value < field.minimum:
        return f"must be at least {field.minimum}, got {value}"
    return None
