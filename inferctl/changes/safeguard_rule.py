"""One setting that protects something, and what makes a value of it protect less."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inferctl.changes.template_diff import PropertyPath
from inferctl.preflight.templates import number

Judge = Callable[[Any], bool]
Row = tuple[str, str, Judge, str]


@dataclass(frozen=True, kw_only=True)
class SafeguardRule:
    """``path``'s ``*`` is any item of a list. A change is told where more values are weak.

    ``fresh``: a new resource is told too.
    """

    kind: str
    path: PropertyPath
    weak: Judge
    text: str
    fresh: bool


def rules(rows: Mapping[str, tuple[Row, ...]]) -> dict[str, tuple[SafeguardRule, ...]]:
    """Rules by type; a ``+`` behind a row's kind makes it tell of new resources too."""
    return {
        resource_type: tuple(
            SafeguardRule(
                kind=kind.rstrip("+"),
                path=tuple(path.split("/")),
                weak=weak,
                text=text,
                fresh=kind.endswith("+"),
            )
            for kind, path, weak, text in found
        )
        for resource_type, found in rows.items()
    }


def off(value: Any) -> bool:
    """Anything but true."""
    return str(value).lower() != "true"


def on(value: Any) -> bool:
    """True, also as text."""
    return str(value).lower() == "true"


def absent(value: Any) -> bool:
    """Not there, or empty."""
    return value is None or value == []


def zero(value: Any) -> bool:
    """0, also as text."""
    return value is not None and number(value, default=1) == 0


def one_of(*names: str) -> Judge:
    """One of these words; False is ``false``."""
    return lambda value: (str(value).lower() if isinstance(value, bool) else str(value)) in names


def other_than(name: str) -> Judge:
    """Anything but this word."""
    return lambda value: str(value) != name


def misses(key: str) -> Judge:
    """Of a list of ``{Key, Value}``: this key is not true."""
    return lambda items: (
        not any(
            isinstance(item, Mapping) and item.get("Key") == key and on(item.get("Value"))
            for item in (items or [])
        )
    )
