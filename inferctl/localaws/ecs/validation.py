"""Input against botocore's shapes: types, unknown and missing members, enums and ranges."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.model import StructureShape

from inferctl.localaws.shapes import malformed, out_of_range

from .errors import client_error, invalid

# the documentation also names inferentia2, trainium and trainium2
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-inference.html
_OPEN_LISTS = frozenset({"AcceleratorName"})
# ECS requires them where botocore does not
_ALSO_REQUIRED: Mapping[str, Sequence[str]] = {"Tag": ("key",), "ClusterSetting": ("name", "value")}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


def validate(value: Any, shape: StructureShape) -> None:
    """Raises `EcsError` with every problem of ``value``.

    ``ClientException`` for what is not of the shape, ``InvalidParameterException`` for members that
    are missing or out of range.
    """
    problems = list(malformed(value, shape))
    if problems:
        raise client_error("; ".join(problems))
    problems = list(
        out_of_range(value, shape, open_lists=_OPEN_LISTS, also_required=_ALSO_REQUIRED)
    )
    if problems:
        raise invalid("; ".join(problems))


def check_name(member: str, name: str) -> None:
    """Raises for what ECS does not take as the name of a cluster, a service or a family."""
    if not _NAME.fullmatch(name):
        raise invalid(f"{member} must be 1 to 255 letters, digits, _ and -, got {name!r}")
