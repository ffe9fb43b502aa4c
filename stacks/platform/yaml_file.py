"""Reads a platform file's YAML into plain values; whatever is wrong becomes a Problem.

Only YAML 1.2's core words are special (``off`` and ``on`` are text), and anchors, tags and merge
keys are refused, so that a file means to a reader what it means here. Built from parser events, not
from the loader: the tree stays as shallow as we allow, however deep the file is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from stacks.platform.problems import ABSENT, Problem

LARGEST_FILE_BYTES = 1_048_576
DEEPEST_NESTING = 20
# libyaml is several times faster; wheels of some platforms come without it.
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {
    word: value
    for lower, value in (("true", True), ("false", False), ("null", None))
    for word in (lower, lower.capitalize(), lower.upper())
} | {"": None, "~": None}


class _FileProblem(Exception):
    """Carries the one problem that makes the rest of the file unreadable."""

    def __init__(self, rule: str, fix: str, *, place: str = "") -> None:
        super().__init__(rule)
        self.rule, self.fix, self.place = rule, fix, place


def read_platform_yaml(path: Path) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The file's mapping, and its problems; no mapping where it could not be read."""
    problems: list[Problem] = []
    try:
        value = _document(_text(path), path, problems)
        if not isinstance(value, dict):
            held = "nothing" if value is None else "a list" if isinstance(value, list) else "text"
            raise _FileProblem(
                f"holds {held}, not a mapping", "start it with platform: NAME and region: REGION"
            )
    except _FileProblem as error:
        problem = Problem(
            file=path, place=error.place, value=ABSENT, rule=error.rule, fix=error.fix
        )
        return None, [*problems, problem]
    return value, problems


def _text(path: Path) -> str:
    try:
        if path.is_dir():
            raise _FileProblem("is a folder", "name a YAML file, such as platforms/laptop.yaml")
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        raise _FileProblem("does not exist", _files_there(path)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _FileProblem(f"cannot be read: {reason}", "check the path and its mode") from error
    if len(raw) > LARGEST_FILE_BYTES:
        raise _FileProblem(
            f"is larger than {LARGEST_FILE_BYTES:,} bytes, the most a platform file may have",
            "name the right file",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _FileProblem(
            f"is not UTF-8 text (byte {error.start})", "name a YAML file, saved as UTF-8"
        ) from error


def _files_there(path: Path) -> str:
    try:
        there = sorted(str(file) for file in path.parent.glob("*.yaml") if file.is_file())
    except OSError:
        there = []
    return f"the platform files there are {', '.join(there)}" if there else "check the path"


def _document(text: str, path: Path, problems: list[Problem]) -> Any:
    value: Any = None
    documents = 0
    try:
        events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=_PARSER))
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _FileProblem(
                        f"has a second YAML document at line {_line(event)}",
                        "keep one platform per file",
                    )
                value = _Builder(events, path, problems).value(next(events), "")
    except yaml.YAMLError as error:
        raise _FileProblem(*_syntax(error)) from error
    return value


def _syntax(error: yaml.YAMLError) -> tuple[str, str]:
    mark = getattr(error, "problem_mark", None)
    where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    fix = "remove them" if mark is None else "correct that line or the one above it"
    if "cannot start any token" in what:
        what, fix = "a tab, or another character that starts no value", "indent with spaces"
    return f"is not valid YAML{where}: {what}", fix


class _Builder:
    """Turns the events of one document into dicts, lists and scalars."""

    def __init__(self, events: Iterator[yaml.Event], path: Path, problems: list[Problem]) -> None:
        self._events, self._path, self._problems = events, path, problems
        self._depth = 0

    def value(self, event: yaml.Event, place: str) -> Any:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            raise _FileProblem(
                f"uses the alias *{event.anchor} at line {line}",
                "write the value out; platform files have no anchors",
                place=place,
            )
        if getattr(event, "anchor", None) is not None:
            raise _FileProblem(
                f"sets the anchor &{getattr(event, 'anchor', '')} at line {line}",
                "remove it; platform files have no anchors",
                place=place,
            )
        if getattr(event, "tag", None) not in (None, "!"):
            raise _FileProblem(
                f"has the tag {getattr(event, 'tag', '')} at line {line}",
                "remove it; platform files have no tags",
                place=place,
            )
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise _FileProblem(
                f"is nested deeper than {DEEPEST_NESTING} levels at line {line}",
                "check the indentation and the brackets",
            )
        built = (
            self._mapping(place)
            if isinstance(event, yaml.MappingStartEvent)
            else self._sequence(place)
        )
        self._depth -= 1
        return built

    def _mapping(self, place: str) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise _FileProblem(
                    f"has a key that is not a word at line {line}", "write name: value", place=place
                )
            key = event.value
            inner = f"{place}.{key}" if place else key
            value = self.value(next(self._events), inner)
            if key in mapping:
                self._problems.append(
                    Problem(
                        file=self._path,
                        place=inner,
                        value=ABSENT,
                        rule=f"is given a second time at line {line}",
                        fix="remove one of the two",
                    )
                )
            else:
                mapping[key] = value
        return mapping

    def _sequence(self, place: str) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self.value(event, f"{place}[{len(items)}]"))
        return items


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None
    return event.start_mark.line + 1


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        # 012345678901 is an account number that lost its quotes, not a number.
        return text if text.lstrip("+-") != str(int(text)).lstrip("-") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
