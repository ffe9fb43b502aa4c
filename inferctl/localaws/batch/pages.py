"""Answers in pages, with the index of the next item as token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .errors import refused

_PAGE = 100


def page(call: dict[str, Any], name: str, items: Sequence[Any]) -> dict[str, Any]:
    """A page of ``items`` under ``name``; raises for a token that is none of ours."""
    token = call.get("nextToken", "0")
    if not token.isdigit():
        raise refused("Invalid nextToken.")
    start, size = int(token), call.get("maxResults", _PAGE)
    answer: dict[str, Any] = {name: list(items[start : start + size])}
    if start + size < len(items):
        answer["nextToken"] = str(start + size)
    return answer
