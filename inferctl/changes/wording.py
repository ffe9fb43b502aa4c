"""How values and differences read in a sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from inferctl.changes.references import References
from inferctl.changes.template_diff import Difference

_LONGEST = 60


def shown(references: References, stack: str, value: Any) -> str:
    """A value, cut to what a line holds; ``nothing`` where there is none."""
    if value is None:
        return "nothing"
    text = (
        references.text(stack, value)
        if not isinstance(value, list)
        else _listed(references, stack, value)
    )
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def change_text(
    difference: Difference, stack: str, *, before: References, after: References
) -> str:
    """``A.B: old -> new``, or which resource it refers to is another one."""
    if difference.because is not None:
        return f"{difference.place} (there is a new {difference.because.partition('/')[2]})"
    old = shown(before, stack, difference.before)
    new = shown(after, stack, difference.after)
    if old == new or json.dumps([old, new]).count("...") == 2:
        return difference.place
    return f"{difference.place}: {old} -> {new}"


def joined(texts: Sequence[str], most: int = 3) -> str:
    """The first few of them, and how many more there are."""
    shown_texts = [*texts[:most]]
    if len(texts) > most:
        shown_texts.append(f"{len(texts) - most} more")
    return ", ".join(shown_texts)


def _listed(references: References, stack: str, values: list[Any]) -> str:
    return "[" + ", ".join(references.text(stack, value) for value in values) + "]"
