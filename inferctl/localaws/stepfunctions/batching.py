"""``ItemBatcher``: which items of a Distributed Map go to one child execution.

Source: docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: the input of an execution
MOST_INPUT_BYTES = 262_144
_ITEMS, _BYTES = "MaxItemsPerBatch", "MaxInputBytesPerBatch"
_MEMBERS = frozenset({_ITEMS, f"{_ITEMS}Path", _BYTES, f"{_BYTES}Path", "BatchInput"})


@dataclass(frozen=True, kw_only=True)
class BatchLimits:
    """How large a batch may get; None is no limit of its own."""

    items: int | None = None
    input_bytes: int | None = None


def problems(name: str, batcher: Any) -> list[str]:
    """What is wrong with the ``ItemBatcher`` of the state ``name``."""
    path = f"/States/{name}/ItemBatcher"
    if not isinstance(batcher, Mapping):
        return [f"{path} must be an object"]
    found = [
        f"{path}/{key} is not a member of ItemBatcher" for key in sorted(batcher.keys() - _MEMBERS)
    ]
    limits = [key for key in batcher if key in _MEMBERS - {"BatchInput"}]
    if not limits:
        found.append(f"{path} needs one of {_ITEMS} and {_BYTES}")
    for key in (_ITEMS, _BYTES):
        if key in batcher and f"{key}Path" in batcher:
            found.append(f"{path} cannot have both {key} and {key}Path")
        value = batcher.get(key, 1)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            found.append(f"{path}/{key} must be a positive whole number, got {value!r}")
    return found


def template(batcher: Mapping[str, Any]) -> dict[str, Any]:
    """The batcher as one payload template, which Step Functions' own parser understands."""
    made: dict[str, Any] = {}
    for key in (_ITEMS, _BYTES):
        if key in batcher:
            made[key] = batcher[key]
        if f"{key}Path" in batcher:
            made[f"{key}.$"] = batcher[f"{key}Path"]
    if "BatchInput" in batcher:
        made["BatchInput"] = batcher["BatchInput"]
    return made


def limits(evaluated: Mapping[str, Any]) -> BatchLimits:
    """The limits in the evaluated `template`; raises ValueError when a path led to none."""
    for key in (_ITEMS, _BYTES):
        value = evaluated.get(key, 1)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{key} must be a positive whole number, got {value!r}")
    return BatchLimits(items=evaluated.get(_ITEMS), input_bytes=evaluated.get(_BYTES))


def batches(
    items: Iterable[Any], sizes: BatchLimits, batch_input: Any = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number of items and input of each child, as full as the limits allow.

    An item that alone is larger than the limit is a batch of its own, and fails there.
    """
    shell: dict[str, Any] = {} if batch_input is None else {"BatchInput": batch_input}
    empty = len(_json({**shell, "Items": []}))
    most = min(sizes.input_bytes or MOST_INPUT_BYTES, MOST_INPUT_BYTES)
    held: list[Any] = []
    used = empty
    for item in items:
        # the comma that an item brings along
        size = len(_json(item)) + 1
        if held and (len(held) == sizes.items or used + size > most):
            yield len(held), {**shell, "Items": held}
            held, used = [], empty
        held.append(item)
        used += size
    if held:
        yield len(held), {**shell, "Items": held}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
