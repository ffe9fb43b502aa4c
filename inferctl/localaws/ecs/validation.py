"""Input against botocore's shapes: types, unknown and missing members, enums and ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from .errors import client_error, invalid

_NUMBERS = {"integer": int, "long": int, "double": (int, float), "float": (int, float)}
# the documentation also names inferentia2, trainium and trainium2
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-inference.html
_OPEN_LISTS = frozenset({"AcceleratorName"})
# ECS requires them where botocore does not
_ALSO_REQUIRED = {"Tag": ("key",), "ClusterSetting": ("name", "value")}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_TYPES: Mapping[str, Any] = {"string": str, "boolean": bool, **_NUMBERS}


def validate(value: Any, shape: StructureShape) -> None:
    """Raises `EcsError` with every problem of ``value``.

    ``ClientException`` for what is not of the shape, ``InvalidParameterException`` for members that
    are missing or out of range.
    """
    malformed = list(_malformed(value, shape, ""))
    if malformed:
        raise client_error("; ".join(malformed))
    problems = list(_out_of_range(value, shape, ""))
    if problems:
        raise invalid("; ".join(problems))


def check_name(member: str, name: str) -> None:
    """Raises for what ECS does not take as the name of a cluster, a service or a family."""
    if not _NAME.fullmatch(name):
        raise invalid(f"{member} must be 1 to 255 letters, digits, _ and -, got {name!r}")


def _malformed(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict):
            yield f"{path or 'the input'} must be an object, got {value!r}"
            return
        for name, item in value.items():
            if name not in shape.members:
                yield f"{_join(path, name)} is no member of {shape.name}"
            else:
                yield from _malformed(item, shape.members[name], _join(path, name))
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield f"{path} must be a list, got {value!r}"
            return
        for index, item in enumerate(value):
            yield from _malformed(item, shape.member, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            yield f"{path} must be a map, got {value!r}"
            return
        for key, item in value.items():
            yield from _malformed(item, shape.value, f"{path}.{key}")
    else:
        wanted = _TYPES.get(shape.type_name, object)
        is_flag = isinstance(value, bool) and shape.type_name in _NUMBERS
        if not isinstance(value, wanted) or is_flag:
            yield f"{path} must be of type {shape.type_name}, got {value!r}"


def _out_of_range(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name in (*shape.required_members, *_ALSO_REQUIRED.get(shape.name, ())):
            if name not in value:
                yield f"{_join(path, name)} is required"
        for name, item in value.items():
            yield from _out_of_range(item, shape.members[name], _join(path, name))
    elif isinstance(shape, ListShape):
        for index, item in enumerate(value):
            yield from _out_of_range(item, shape.member, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _out_of_range(item, shape.value, f"{path}.{key}")
    else:
        yield from _scalar_out_of_range(value, shape, path)


def _scalar_out_of_range(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StringShape):
        if shape.enum and value not in shape.enum and shape.name not in _OPEN_LISTS:
            yield f"{path} must be one of {', '.join(shape.enum)}, got {value!r}"
    elif shape.type_name in _NUMBERS:
        least, most = shape.metadata.get("min"), shape.metadata.get("max")
        if (least is not None and value < least) or (most is not None and value > most):
            yield f"{path} must be {least} to {most}, got {value}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
