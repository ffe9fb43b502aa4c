"""Compares an answer with a golden answer, output by output; both in the form of KServe v2."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

Element: TypeAlias = float | str
_LARGEST_WHOLE = 1 << 64
"""No tensor has larger ones; a float would merge neighbours from 2**53 on."""


@dataclass(frozen=True)
class Comparison:
    """How far an answer is from the golden one, worst output first.

    ``max_absolute_error`` is in the output's own unit, infinite where there is no distance, as
    between texts; ``cosine`` is 1.0 for equal directions.
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
    """Compare two answers; a missing or misshapen output is a problem, not an error."""
    got = _by_name(answer)
    worst: Comparison | None = None
    for output in _by_name(expected).values():
        found = _compare_output(
            output, got.get(str(output["name"])), max_absolute_error, minimum_cosine
        )
        if worst is None or (worst.matches and not found.matches):
            worst = found
    if worst is None:
        return Comparison("", 0, math.inf, 0.0, "the golden answer names no output")
    return worst


def flat(data: object) -> list[Element]:
    """KServe allows nested or flat ``data``; elements in row-major order."""
    if isinstance(data, list):
        values: list[Element] = []
        for item in cast("list[object]", data):
            if isinstance(item, list):
                values += flat(cast("list[object]", item))
            else:
                values.append(_element(item))
        return values
    return [_element(data)]


def _element(data: object) -> Element:
    if isinstance(data, float):
        return data
    if isinstance(data, int):
        return int(data) if abs(data) <= _LARGEST_WHOLE else str(data)
    return str(data)


def _by_name(answer: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    outputs: object = answer.get("outputs")
    if not isinstance(outputs, list):
        return {}
    tensors: dict[str, Mapping[str, Any]] = {}
    for output in cast("list[object]", outputs):
        if isinstance(output, Mapping) and "name" in output:
            tensor = cast("Mapping[str, Any]", output)
            tensors[str(tensor["name"])] = tensor
    return tensors


def _compare_output(
    expected: Mapping[str, Any],
    got: Mapping[str, Any] | None,
    max_absolute_error: float | None,
    minimum_cosine: float | None,
) -> Comparison:
    name = str(expected["name"])
    if got is None:
        return Comparison(name, 0, math.inf, 0.0, f"output {name} is missing")
    shape = list(expected["shape"])
    if got.get("shape") != shape:
        text = f"output {name} has shape {got.get('shape')}, golden is {shape}"
        return Comparison(name, 0, math.inf, 0.0, text)
    left, right = flat(expected.get("data", [])), flat(got.get("data", []))
    if len(left) != len(right):
        text = f"output {name} has {len(right)} elements, golden has {len(left)}"
        return Comparison(name, len(right), math.inf, 0.0, text)
    # max() skips a NaN that is not the first element; `_distance` has none
    errors = [_distance(a, b) for a, b in zip(left, right, strict=True)]
    error = max(errors, default=0.0)
    cosine = _cosine(left, right)
    problem = None
    if math.isinf(error) or (max_absolute_error is not None and error > max_absolute_error):
        at = errors.index(error)
        allowed = 0.0 if max_absolute_error is None else max_absolute_error
        others = sum(each > allowed for each in errors) - 1
        problem = (
            f"output {name}{_index(at, shape)} is {_shown(right[at])}, golden is"
            f" {_shown(left[at])}: differs by {error:.3g}, allowed is {allowed:.3g}"
            + (f", and {others} more of {len(left)} elements differ" if others > 0 else "")
        )
    elif minimum_cosine is not None and cosine < minimum_cosine:
        problem = f"output {name} has cosine {cosine:.6f}, at least {minimum_cosine} is required"
    return Comparison(name, len(right), error, cosine, problem)


def _distance(left: Element, right: Element) -> float:
    """How far apart; infinite for anything but two numbers with a distance. NaN equals NaN."""
    if left == right:
        return 0.0
    if isinstance(left, str) or isinstance(right, str):
        return math.inf
    if math.isnan(left) and math.isnan(right):
        return 0.0
    error = abs(left - right)
    return math.inf if math.isnan(error) else error


def _cosine(left: Sequence[Element], right: Sequence[Element]) -> float:
    numbers = [
        (a, b)
        for a, b in zip(left, right, strict=True)
        if not isinstance(a, str) and not isinstance(b, str)
    ]
    if not all(math.isfinite(a) and math.isfinite(b) for a, b in numbers):
        return 1.0 if all(_distance(a, b) == 0 for a, b in numbers) else 0.0
    one, other = _scaled([a for a, _ in numbers]), _scaled([b for _, b in numbers])
    norms = math.hypot(*one) * math.hypot(*other)
    if norms == 0:
        return 1.0 if one == other else 0.0
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / norms


def _scaled(values: Sequence[float]) -> list[float]:
    """The same direction, with products that a double can hold."""
    largest = max(map(abs, values), default=0.0)
    return [value / largest for value in values] if largest else list(values)


def _index(position: int, shape: Sequence[int]) -> str:
    """A flat position as the indices of ``shape``: ``[0, 17]``."""
    indices: list[int] = []
    for dimension in reversed(shape):
        # 0 where the rows differ in length
        position, index = divmod(position, max(dimension, 1))
        indices.insert(0, index)
    return str(indices)


def _shown(element: Element) -> str:
    return f"{element:.6g}" if isinstance(element, float) else repr(element)[:40]
