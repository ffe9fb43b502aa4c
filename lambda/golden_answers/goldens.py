"""The goldens: what to ask, and what should be answered. Written at synth, read by the handlers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NotRequired, TypedDict, cast

from golden_answers.protocols import Protocol
from model_artifacts import DocumentError, sha256_hex
from model_artifacts.shape import Field, check_fields

GOLDENS_VERSION: Final = 1


class GoldenFile(TypedDict):
    """Bytes at ``offset`` of the golden pack, or the object named ``blob``."""

    sha256: str
    size: int
    offset: NotRequired[int]
    blob: NotRequired[str]


class Golden(TypedDict):
    """One model's or service's request with its right answer."""

    name: str
    protocol: Protocol
    digest: str
    """Of the artifact that should answer; empty for a service."""
    path: str
    """Where a service takes the request; empty for a model of an endpoint."""
    request: GoldenFile
    answer: GoldenFile
    max_absolute_error: float | None
    minimum_cosine: float | None
    latency_ms: int | None
    """Longest warm answer; None where it does not matter."""
    attempts: int
    """Warm calls of which one has to be in time."""


class Goldens(TypedDict):
    """Everything that one deployment asks."""

    version: int
    goldens: list[Golden]


_FIELDS: Final = {"version": Field((int,)), "goldens": Field((list,))}
_GOLDEN_FIELDS: Final = {
    "name": Field((str,)),
    "protocol": Field((str,)),
    "digest": Field((str,)),
    "path": Field((str,)),
    "request": Field((dict,)),
    "answer": Field((dict,)),
    "max_absolute_error": Field((int, float, type(None))),
    "minimum_cosine": Field((int, float, type(None))),
    "latency_ms": Field((int, type(None)), minimum=1),
    "attempts": Field((int,), minimum=1),
}


def identity_of(golden: Golden) -> str:
    """What makes an answer right, as a digest: request, answer and bounds, not where they lie."""
    parts: dict[str, Any] = {
        **golden,
        "request": golden["request"]["sha256"],
        "answer": golden["answer"]["sha256"],
    }
    return sha256_hex(json.dumps(parts, sort_keys=True).encode())[:16]


def parse_goldens(data: bytes, *, name: str = "goldens") -> list[Golden]:
    """The goldens in ``data``; raises `DocumentError` with every problem."""
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DocumentError(name, [f"must be JSON: {error}"]) from error
    problems = check_fields(value, "$", _FIELDS)
    if not problems:
        given = cast("Mapping[str, Any]", value)
        if given["version"] != GOLDENS_VERSION:
            problems.append(f"$.version must be {GOLDENS_VERSION}, got {given['version']!r}")
        for number, golden in enumerate(given["goldens"]):
            problems += check_fields(golden, f"$.goldens[{number}]", _GOLDEN_FIELDS)
    if problems:
        raise DocumentError(name, problems)
    return cast("Goldens", value)["goldens"]
