"""Collects what the rules find, so that every problem of a file is reported at once."""

from __future__ import annotations

from pathlib import Path

from stacks.platform.problems import Problem


class Findings:
    """Problems stop the platform, warnings do not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.warnings: list[str] = []

    def refuse(
        self, place: str, value: object, *, rule: str, fix: str, source: str | None = None
    ) -> None:
        """Adds a problem; see Problem for how its parts read together."""
        self.problems.append(
            Problem(file=self.path, place=place, value=value, rule=rule, fix=fix, source=source)
        )

    def warn(self, place: str, text: str) -> None:
        """Adds a warning, one sentence about the place."""
        self.warnings.append(f"{self.path}: {place}: {text}")
