"""Compares an answer with a model's golden answer, output by output."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Comparison:
    """How far an answer is from the golden one, worst output first.

    ``max_absolute_error`` is in the output's own unit; ``cosine`` is 1.0 for equal directions.
    """

    output: str
    elements: int
    max_absolute_error: float
    cosine: float
    problem: str | None

    @property
    def matches(self) -> bool:
        """Whether every output is there and within its tolerance."""
        return self.problem is None


def compare(
    expected: Mapping[str, Any],
    answer: Mapping[str, Any],
    *,
    max_absolute_error: float | None,
    minimum_cosine: float | None,
) -> Comparison:
    """Compare two KServe v2 answers; a missing or misshapen output is a problem, not an error."""
    got = {output["name"]: output for output in answer.get("outputs", [])}
    worst: Comparison | None = None
    for output in expected["outputs"]:
        found = _compare_output(output, got.get(output["name"]), max_absolute_error, minimum_cosine)
        if worst is None or (worst.matches and not found.matches):
            worst = found
    if worst is None:
        return Comparison("", 0, math.inf, 0.0, "the golden answer names no output")
    return worst


def _compare_output(
    expected: Mapping[str, Any],
    got: Mapping[str, Any] | None,
    max_absolute_error: float | None,
    minimum_cosine: float | None,
) -> Comparison:
    name = str(expected["name"])
    if got is None:
        return Comparison(name, 0, math.inf, 0.0, f"output {name} is missing")
    if list(got["shape"]) != list(expected["shape"]):
        text = f"output {name} has shape {got['shape']}, golden is {expected['shape']}"
        return Comparison(name, 0, math.inf, 0.0, text)
    left, right = flat(expected["data"]), flat(got["data"])
    if len(left) != len(right):
        text = f"output {name} has {len(right)} elements, golden has {len(left)}"
        return Comparison(name, len(right), math.inf, 0.0, text)
    error = max((abs(a - b) for a, b in zip(left, right, strict=True)), default=0.0)
    cosine = _cosine(left, right)
    problem = None
    if not math.isfinite(error) or (max_absolute_error is not None and error > max_absolute_error):
        problem = f"output {name} differs by {error:.3g}, allowed is {max_absolute_error:.3g}"
    elif minimum_cosine is not None and cosine < minimum_cosine:
        problem = f"output {name} has cosine {cosine:.6f}, at least {minimum_cosine} is required"
    return Comparison(name, len(right), error, cosine, problem)


def flat(data: Sequence[Any]) -> list[float]:
    """KServe allows nested or flat ``data``; numbers in row-major order."""
    values: list[float] = []
    for item in data:
        if isinstance(item, list):
            values += flat(item)
        else:
            values.append(float(item))
    return values


def _cosine(left: Sequence[float], right: Sequence[float]) -> float:
    product = math.fsum(a * b for a, b in zip(left, right, strict=True))
    norms = math.sqrt(math.fsum(a * a for a in left)) * math.sqrt(math.fsum(b * b for b in right))
    if norms == 0:
        return 1.0 if list(left) == list(right) else 0.0
    return product / norms
