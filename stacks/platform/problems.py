"""How a wrong platform file is reported: every problem at once, each with place, rule and fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class _Absent(Enum):
    """Marks a problem that has no value to quote, such as a missing key."""

    ABSENT = "absent"


ABSENT = _Absent.ABSENT
_LONGEST_VALUE = 72


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong. ``place`` is a dotted path such as ``endpoint.scaling.max_instances``.

    ``rule`` reads on from the value ("has 4 GPUs; ..."); ``fix`` is what to write instead;
    ``source`` is where the rule was read.
    """

    file: Path
    place: str
    value: object
    rule: str
    fix: str
    source: str | None = None

    def __str__(self) -> str:
        words = [f"{self.file}:"]
        if self.place:
            words.append(f"{self.place}:")
        if self.value is not ABSENT:
            words.append(shown(self.value))
        text = f"{' '.join(words)} {self.rule}; {self.fix}"
        if self.source is not None:
            text += f" ({self.source})"
        # A key of the file may hold line breaks or terminal escapes; a message stays one line.
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


class PlatformFileError(ValueError):
    """A platform file that cannot be used; ``problems`` holds all there are."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n\n".join(str(problem) for problem in self.problems))


def shown(value: object) -> str:
    """``value`` as a message quotes it: one line, at most 72 characters, YAML's own words."""
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."
