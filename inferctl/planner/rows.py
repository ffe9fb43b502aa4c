"""Files of rows: CSV with a header, or JSON Lines; every problem with its line."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from load_client.errors import InputError

_MOST_PROBLEMS = 20
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
        """A number from 0 up; None, with a problem, for anything else."""
        value = row.get(name)
        try:
            number = float("nan" if isinstance(value, bool) or value is None else value)
        except (TypeError, ValueError):
            number = math.nan
        if math.isfinite(number) and number >= 0:
            return number
        self.add(f"{name} must be a number from 0 up, got {value!r}", line=line)
        return None

    def name(self, row: Mapping[str, Any], line: int | None, key: str = "model") -> str | None:
        """A name; None, with a problem, where there is none."""
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.add(f"{key} must name a model, got {value!r}", line=line)
        return None


def read_text(path: Path) -> str:
    """The file; raises `InputError` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise InputError([f"{path}: must be UTF-8 text: {error.reason}"]) from error


def read_json(path: Path) -> Any:
    """The document; raises `InputError` where it is none."""
    try:
        return json.loads(read_text(path))
    except ValueError as error:
        raise InputError([f"{path}: must be JSON: {error}"]) from error
    except RecursionError as error:
        raise InputError([f"{path}: is nested too deeply"]) from error


def csv_rows(
    path: Path, *, needed: tuple[str, ...], allowed: tuple[str, ...]
) -> list[tuple[int, dict[str, str]]]:
    """Rows with their lines; raises `InputError` for a header without the needed columns."""
    reader = csv.DictReader(io.StringIO(read_text(path)), skipinitialspace=True)
    header = [name.strip() for name in reader.fieldnames or []]
    reader.fieldnames = header
    missing = [name for name in needed if name not in header]
    unknown = [name for name in header if name not in allowed]
    if missing or unknown:
        raise InputError(
            [f"{path}:1: column {name} is missing; write it in the first line" for name in missing]
            + [
                f"{path}:1: unknown column {name!r}; the columns are {', '.join(allowed)}"
                for name in unknown
            ]
        )
    try:
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError([f"{path}:{reader.line_num}: is not CSV: {error}"]) from error


def json_lines(path: Path, problems: FileProblems) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects with their lines; what is none becomes a problem."""
    for line, text in enumerate(read_text(path).splitlines(), start=1):
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
