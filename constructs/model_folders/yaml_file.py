"""Reads ``model.yaml`` into plain values, strictly and in bounded time.

Only YAML 1.2's core words are special, tags are refused, and a repeated key is an error. A value
may be anchored and used again, but not inside another anchored value: what a short text stands for
stays short. Built from parser events, because libyaml's loader ends the whole process when a file
is nested too deeply.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

LARGEST_FILE_BYTES = 1 << 20
DEEPEST_NESTING = 20
# libyaml is several times faster; wheels of some platforms come without it.
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}


def read_yaml(path: Path) -> bytes:
    """The file's bytes. Raises OSError, and ValueError when it is no regular or too big a file."""
    # without waiting for a writer, should it be a pipe
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("something that is no regular file (write a text file)")
        body = os.read(descriptor, min(status.st_size, LARGEST_FILE_BYTES) + 1)
    finally:
        os.close(descriptor)
    if len(body) > LARGEST_FILE_BYTES:
        raise ValueError(f"more than {LARGEST_FILE_BYTES:,} bytes (name the right file)")
    return body


def parse_yaml(body: bytes) -> Any:
    """The one document in ``body``, None when there is none. Raises YAMLError."""
    events: Iterator[yaml.Event] = iter(yaml.parse(body, Loader=_PARSER))
    value: Any = None
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _error(event, "a second document begins (keep one model per file)")
            value = _Builder(events).value(next(events))
    return value


def syntax_problem(path: Path, error: Exception) -> str:
    """What is wrong with the YAML text, with line and column where they are known."""
    mark = getattr(error, "problem_mark", None)
    where = f" line {mark.line + 1} column {mark.column + 1}" if mark is not None else ""
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{path}:{where} must be valid YAML, got: {what}"


class _Builder:
    """Turns the events of one document into dicts, lists and scalars."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._depth = 0
        self._anchored_depth = 0
        self._anchors: dict[str, Any] = {}

    def value(self, event: yaml.Event) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        assert isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent))
        if event.tag not in (None, "!"):
            raise _error(event, f"tags have no meaning here, got {event.tag} (remove it)")
        if event.anchor is None:
            return self._plain(event)
        self._anchored_depth += 1
        value = self._plain(event)
        self._anchored_depth -= 1
        self._anchors[event.anchor] = value
        return value

    def _alias(self, event: yaml.AliasEvent) -> Any:
        if self._anchored_depth:
            raise _error(
                event, f"*{event.anchor} is used inside an anchored value (write the value out)"
            )
        if event.anchor not in self._anchors:
            raise _error(event, f"*{event.anchor} is not anchored above (write &{event.anchor})")
        return self._anchors[event.anchor]

    def _plain(self, event: yaml.NodeEvent) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise _error(
                event, f"nested deeper than {DEEPEST_NESTING} levels (check indentation, brackets)"
            )
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        built = self._mapping() if is_mapping else self._sequence()
        self._depth -= 1
        return built

    def _mapping(self) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _error(event, "a key must be a word (write name: value)")
            key = self.value(event)
            if key in mapping:
                raise _error(event, f"key {key!r} is given twice (remove one)")
            mapping[key] = self.value(next(self._events))
        return mapping

    def _sequence(self) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self.value(event))
        return items


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    # a digest such as 01234567 stays the text that it was meant to be
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    if _FLOAT.fullmatch(text) and not text.isdigit():
        return float(text)
    return text


def _error(event: yaml.Event, problem: str) -> yaml.MarkedYAMLError:
    mark: Any = event.start_mark
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
