"""Calls and answers of an API against botocore's shapes of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

_NUMBERS = {"integer": int, "long": int, "double": (int, float), "float": (int, float)}
_TYPES: Mapping[str, Any] = {"string": str, "boolean": bool, **_NUMBERS}
_NOTHING: Mapping[str, Sequence[str]] = {}


def malformed(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """A problem for each member that ``shape`` does not have, or has with another type."""
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict):
            yield f"{path or 'the input'} must be an object, got {value!r}"
            return
        for name, item in value.items():
            if name not in shape.members:
                yield f"{_join(path, name)} is no member of {shape.name}"
            else:
                yield from malformed(item, shape.members[name], _join(path, name))
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield f"{path} must be a list, got {value!r}"
            return
        for index, item in enumerate(value):
            yield from malformed(item, shape.member, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            yield f"{path} must be a map, got {value!r}"
            return
        for key, item in value.items():
            yield from malformed(item, shape.value, f"{path}.{key}")
    else:
        wanted = _TYPES.get(shape.type_name, object)
        is_flag = isinstance(value, bool) and shape.type_name in _NUMBERS
        if not isinstance(value, wanted) or is_flag:
            yield f"{path} must be of type {shape.type_name}, got {value!r}"


def out_of_range(
    value: Any,
    shape: Shape,
    path: str = "",
    *,
    open_lists: Collection[str] = (),
    also_required: Mapping[str, Sequence[str]] = _NOTHING,
) -> Iterator[str]:
    """A problem for each member of a well-formed ``value`` that is missing or not allowed.

    ``open_lists`` are string shapes that take more than botocore enumerates; ``also_required`` are
    members, by the structure's name, that the service requires and botocore does not.
    """

    def below(item: Any, member: Shape, place: str) -> Iterator[str]:
        return out_of_range(item, member, place, open_lists=open_lists, also_required=also_required)

    if isinstance(shape, StructureShape):
        for name in (*shape.required_members, *also_required.get(shape.name, ())):
            if name not in value:
                yield f"{_join(path, name)} is required"
        for name, item in value.items():
            yield from below(item, shape.members[name], _join(path, name))
    elif isinstance(shape, ListShape):
        for index, item in enumerate(value):
            yield from below(item, shape.member, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from below(item, shape.value, f"{path}.{key}")
    else:
        yield from _scalar_out_of_range(value, shape, path, open_lists)


def _scalar_out_of_range(
    value: Any, shape: Shape, path: str, open_lists: Collection[str]
) -> Iterator[str]:
    if isinstance(shape, StringShape):
        if shape.enum and value not in shape.enum and shape.name not in open_lists:
            yield f"{path} must be one of {', '.join(shape.enum)}, got {value!r}"
    elif shape.type_name in _NUMBERS:
        least, most = shape.metadata.get("min"), shape.metadata.get("max")
        if (least is not None and value < least) or (most is not None and value > most):
            yield f"{path} must be {least} to {most}, got {value}"


def without_null(value: Any) -> Any:
    """``value`` without members that are null, as if they were not sent."""
    if isinstance(value, dict):
        return {key: without_null(item) for key, item in value.items() if item is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


def content(shape: Shape, value: Any) -> Any:
    """An answer as JSON values; raises KeyError for a member that the shape does not have."""
    if isinstance(shape, StructureShape):
        unknown = sorted(value.keys() - shape.members.keys())
        if unknown:
            raise KeyError(f"{shape.name} has no members {unknown}")
        return {
            name: content(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape):
        return [content(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: content(shape.value, item) for key, item in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
