"""How a wrong model folder is reported: every problem at once, one line each."""

from __future__ import annotations

from collections.abc import Sequence


class ModelFileError(ValueError):
    """A model folder that cannot be used; ``problems`` names file, path, value, rule and fix."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def shown(value: object) -> str:
    """``value`` as a message quotes it, cut to a length that keeps one problem on one line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
