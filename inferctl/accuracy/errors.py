"""Files that cannot be measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_MOST_SHOWN = 10


class AccuracyInputError(ValueError):
    """A file that is not what it should be; the text has every problem, one a line."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        lines = [f"{path}: {problem}" for problem in problems[:_MOST_SHOWN]]
        if len(problems) > _MOST_SHOWN:
            lines.append(f"{path}: and {len(problems) - _MOST_SHOWN:,} more problems of this kind")
        super().__init__("\n".join(lines))
