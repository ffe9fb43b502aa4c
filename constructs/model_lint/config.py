"""One ``config.pbtxt``, parsed with Triton's schema; equal texts are parsed once."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from google.protobuf import text_format

from model_lint.positions import Positions
from model_lint.schema import data_type_names, field_names, new_model_config

# Triton reads a config of any size; one beyond this is no config that a person wrote.
LARGEST_CONFIG = 1024 * 1024
_UNKNOWN_FIELD = re.compile(r'Message type "([\w.]+)" has no field named "([^"]*)"')
_UNKNOWN_VALUE = re.compile(r'Enum type "([\w.]+)" has no value named (\S+?)\.?$')


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a text is no config: ``kind`` is ``syntax``, ``field`` or ``value``."""

    kind: str
    message: str
    line: int
    column: int


@dataclass(frozen=True)
class Config:
    """A config's text, and its message or the problem that kept it from being parsed."""

    text: str
    message: Any | None
    problem: Problem | None

    @cached_property
    def positions(self) -> Positions:
        """Where its fields stand; computed when a finding asks."""
        return Positions(self.text)


@lru_cache(maxsize=4096)
def parse_config(content: bytes) -> Config:
    """Parse a config; never raises for bad content."""
    try:
        text = content.decode()
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        column = problem.start - (content.rfind(b"\n", 0, problem.start) + 1) + 1
        return Config("", None, _syntax("the file is not UTF-8 text", line, column))
    message = new_model_config()
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as problem:
        return Config(text, None, _problem(problem))
    except (RecursionError, ValueError) as problem:
        return Config(text, None, _syntax(f"the text cannot be read: {problem}", 1, 1))
    return Config(text, message, None)


def _syntax(message: str, line: int, column: int) -> Problem:
    return Problem(kind="syntax", message=message, line=line, column=column)


def _problem(error: Any) -> Problem:
    line, column = error.GetLine() or 1, error.GetColumn() or 1
    text = str(error).partition(" : ")[2] or str(error)
    unknown = _UNKNOWN_FIELD.search(text)
    if unknown is not None:
        message = f"no field is named {unknown[2]!r}{_close(unknown[2], field_names(unknown[1]))}"
        return Problem(kind="field", message=message, line=line, column=column)
    unknown = _UNKNOWN_VALUE.search(text)
    if unknown is not None:
        known = data_type_names() if unknown[1] == "inference.DataType" else ()
        message = f"{unknown[1].partition('.')[2]} has no value {unknown[2]}"
        message += _close(unknown[2], known)
        return Problem(kind="value", message=message, line=line, column=column)
    # The parser quotes the whole line before its reason; the place says that already.
    reason = text.rpartition("': ")[2] if text.startswith("'") else text
    return _syntax(reason.strip().rstrip(".")[:200], line, column)


def _close(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f" (did you mean {near[0]}?)" if near else ""
