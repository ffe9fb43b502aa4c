"""A definition in the form that moto's grammar understands.

It knows no ``ItemBatcher``, and a ``ToleratedFailurePercentage`` only with a decimal point.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .batching import problems

_PERCENTAGE = "ToleratedFailurePercentage"


@dataclass(frozen=True)
class Readable:
    """The definition without its batchers, which are by the name of their state.

    The names of states are unique in a definition, also in nested ones.
    """

    definition: str
    batchers: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def readable(definition: str) -> Readable:
    """A definition without these members, or without JSON, stays as it is, to the byte."""
    if not any(f'"{name}"' in definition for name in ("ItemBatcher", _PERCENTAGE)):
        return Readable(definition)
    try:
        parsed = json.loads(definition)
    except ValueError:
        return Readable(definition)
    taken: dict[str, dict[str, Any]] = {}
    found: list[str] = []
    for name, state in _maps(parsed):
        if isinstance(state.get(_PERCENTAGE), int):
            state[_PERCENTAGE] = float(state[_PERCENTAGE])
        batcher = state.pop("ItemBatcher", None)
        if batcher is None:
            continue
        found += problems(name, batcher)
        if state.get("QueryLanguage", parsed.get("QueryLanguage", "JSONPath")) != "JSONPath":
            found.append(f"/States/{name}/ItemBatcher is emulated with JSONPath only")
        processor = state.get("ItemProcessor", {})
        if processor.get("ProcessorConfig", {}).get("Mode") != "DISTRIBUTED":
            found.append(f"/States/{name}/ItemBatcher is for maps in DISTRIBUTED mode")
        taken[name] = batcher
    return Readable(json.dumps(parsed), taken, tuple(found))


def _maps(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every Map state, wherever it is nested."""
    if isinstance(value, list):
        for item in value:
            yield from _maps(item)
    elif isinstance(value, dict):
        states = value.get("States")
        for name, state in states.items() if isinstance(states, dict) else ():
            if isinstance(state, dict) and state.get("Type") == "Map":
                yield name, state
        for item in value.values():
            yield from _maps(item)
