"""Rows of CSV with a header and of JSON Lines, one after another; every problem with its line."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from load_client.errors import InputError

_MOST_PROBLEMS = 20
_LARGEST = 1e9
LINES = (".jsonl", ".ndjson", ".log")


class FileProblems:
    """What is wrong with one file; only the first twenty are kept word for word."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[str] = []
        self._more = 0

    def add(self, text: str, *, line: int | None = None) -> None:
        """Say where, what was got and what is wanted."""
        if len(self._found) < _MOST_PROBLEMS:
            place = f"{self._path}:{line}" if line else str(self._path)
            self._found.append(f"{place}: {text}")
        else:
            self._more += 1

    def raise_any(self) -> None:
        """Raises `InputError` with all of them, if there are any."""
        if self._found:
            more = [f"{self._path}: and {self._more:,} more like these"] if self._more else []
            raise InputError([*self._found, *more])

    def number(self, row: Mapping[str, Any], name: str, line: int | None) -> float | None:
        """A number from 0 to a milliard; None, with a problem, for anything else."""
        value = row.get(name)
        try:
            number = float("nan" if isinstance(value, bool) or value is None else value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        # false for a NaN
        if 0 <= number <= _LARGEST:
            return number
        self.add(f"{name} must be a number from 0 to {_LARGEST:g}, got {value!r:.60}", line=line)
        return None

    def name(self, row: Mapping[str, Any], line: int | None, key: str = "model") -> str | None:
        """A name; None, with a problem, where there is none."""
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.add(f"{key} must name a model, got {value!r:.60}", line=line)
        return None


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """The file as text; raises `InputError` where it cannot be read, also later on."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except OSError as error:
        raise InputError([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise InputError([f"{path}: must be UTF-8 text: {error.reason}"]) from error


def read_json(path: Path) -> Any:
    """The document; raises `InputError` where it is none, or says something twice."""
    problems = FileProblems(path)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            for name in found:
                if names.count(name) > 1:
                    problems.add(f"{name} is there twice")
        return found

    try:
        with opened(path) as file:
            document = json.load(file, object_pairs_hook=unique)
    except ValueError as error:
        raise InputError([f"{path}: must be JSON: {error}"]) from error
    except RecursionError as error:
        raise InputError([f"{path}: is nested too deeply"]) from error
    problems.raise_any()
    return document


def csv_header(path: Path) -> list[str]:
    """The names of the columns."""
    with opened(path) as file:
        return _header(csv.reader(file, skipinitialspace=True), path)


def csv_rows(
    path: Path, problems: FileProblems, *, needed: tuple[str, ...], allowed: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Rows with their lines; raises `InputError` for a header without the needed columns."""
    with opened(path) as file:
        reader = csv.reader(file, skipinitialspace=True)
        header = _header(reader, path)
        _check_header(path, header, needed, allowed)
        width = len(header)
        empty: dict[str, str | None] = dict.fromkeys(header)
        try:
            for row in reader:
                if len(row) > width:
                    text = f"has {len(row)} fields, the first line {width} columns"
                    problems.add(text, line=reader.line_num)
                elif len(row) == width:
                    yield reader.line_num, dict(zip(header, row, strict=True))
                elif row:
                    yield reader.line_num, {**empty, **dict(zip(header, row, strict=False))}
        except csv.Error as error:
            raise InputError([f"{path}:{reader.line_num}: is not CSV: {error}"]) from error


def _header(reader: Iterator[list[str]], path: Path) -> list[str]:
    try:
        return [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise InputError([f"{path}:1: is not CSV: {error}"]) from error


def _check_header(
    path: Path, header: list[str], needed: tuple[str, ...], allowed: tuple[str, ...]
) -> None:
    unique = list(dict.fromkeys(header))
    found = [
        f"column {name} is missing; write it in the first line"
        for name in needed
        if name not in header
    ]
    found += [
        f"unknown column {name!r:.60}; the columns are {', '.join(allowed)}"
        for name in unique
        if name not in allowed
    ]
    found += [f"column {name} is there twice" for name in unique if header.count(name) > 1]
    if found:
        raise InputError([f"{path}:1: {text}" for text in found])


def json_lines(path: Path, problems: FileProblems) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects with their lines; what is none becomes a problem."""
    with opened(path) as file:
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                value = None
            if isinstance(value, dict):
                yield line, value
            else:
                problems.add("must be one JSON object a line", line=line)
