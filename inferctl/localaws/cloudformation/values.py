"""Scalars as CloudFormation writes them."""

from __future__ import annotations

from typing import Any


def as_text(value: Any) -> str:
    """``true`` for True, ``1`` for 1: what Join, Sub and custom resources see."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_bool(value: Any) -> bool:
    """A template may say ``true`` or ``"true"``."""
    return value if isinstance(value, bool) else str(value).lower() == "true"


def stringified(value: Any) -> Any:
    """``value`` with every scalar as text: custom resources get nothing else."""
    if isinstance(value, dict):
        return {key: stringified(item) for key, item in value.items()}
    if isinstance(value, list):
        return [stringified(item) for item in value]
    return as_text(value)


def as_list(value: Any) -> list[Any]:
    """A single value and a list of one mean the same in many places of a template."""
    return value if isinstance(value, list) else [value]
