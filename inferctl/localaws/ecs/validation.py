"""Input against botocore's shapes: types, unknown and missing members, enums and ranges."""

from __future__ import annotations

from typing import Any

from botocore.model import StructureShape

from inferctl.localaws.shapes import malformed, out_of_range

from .errors import client_error, invalid

# the documentation also names inferentia2, trainium and trainium2
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-inference.html
_OPEN_LISTS = frozenset({"AcceleratorName"})


def validate(value: Any, shape: StructureShape) -> None:
    """Raises `EcsError` with every problem of ``value``.

    ``ClientException`` for what is not of the shape, ``InvalidParameterException`` for members that
    are missing or out of range.
    """
    problems = list(malformed(value, shape))
    if problems:
        raise client_error("; ".join(problems))
    problems = list(out_of_range(value, shape, open_lists=_OPEN_LISTS))
    if problems:
        raise invalid("; ".join(problems))
