"""JSON values as dataclasses, checked field by field; all problems at once."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def from_json(kind: type[T], value: Any, place: str, problems: list[str]) -> T | None:
    """The dataclass that ``value`` says; None, with a line in ``problems``, when it says none."""
    found = len(problems)
    given = _object(kind, value, place, problems)
    return given if len(problems) == found else None


def _object(kind: Any, value: Any, place: str, problems: list[str]) -> Any:
    if not isinstance(value, dict):
        problems.append(f"{place} must be an object, got {_shown(value)}")
        return None
    known = {field.name: field for field in fields(kind)}
    problems += [f"{place}.{name} is unknown" for name in value if name not in known]
    hints = get_type_hints(kind)
    given: dict[str, Any] = {}
    for name, field in known.items():
        if name in value:
            given[name] = _value(hints[name], value[name], f"{place}.{name}", problems)
        elif field.default is MISSING and field.default_factory is MISSING:
            problems.append(f"{place}.{name} is required")
    return None if problems else kind(**given)


def _value(kind: Any, value: Any, place: str, problems: list[str]) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _value(arguments[0], value, place, problems)
    if is_dataclass(kind):
        return _object(kind, value, place, problems)
    if origin is tuple:
        return _tuple(arguments, value, place, problems)
    if origin is Mapping:
        if not isinstance(value, dict):
            problems.append(f"{place} must be an object, got {_shown(value)}")
            return {}
        return {
            key: _value(arguments[1], item, f"{place}.{key}", problems)
            for key, item in value.items()
        }
    return _scalar(kind, value, place, problems)


def _tuple(arguments: tuple[Any, ...], value: Any, place: str, problems: list[str]) -> Any:
    if not isinstance(value, list):
        problems.append(f"{place} must be a list, got {_shown(value)}")
        return ()
    kinds = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else list(arguments)
    if len(kinds) != len(value):
        problems.append(f"{place} must have {len(kinds)} elements, got {len(value)}")
        return ()
    return tuple(
        _value(kind, item, f"{place}[{number}]", problems)
        for number, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )


def _scalar(kind: Any, value: Any, place: str, problems: list[str]) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            problems.append(f"{place} must be finite, got {_shown(value)}")
            return 0.0
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        problems.append(f"{place} must be {kind.__name__}, got {_shown(value)}")
    elif kind is float and not math.isfinite(value):
        problems.append(f"{place} must be finite, got {value}")
    return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
