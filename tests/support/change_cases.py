"""A change of one platform's templates, and what has to be found of it."""

from __future__ import annotations

from typing import NamedTuple

from tests.support.template_changes import Change


class Case(NamedTuple):
    """``first`` is made to both sides, for what a change needs to be there."""

    name: str
    platform: str
    change: Change
    kind: str
    text: str
    first: Change | None = None
