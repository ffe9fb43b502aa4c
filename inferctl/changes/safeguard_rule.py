"""One setting that protects something, and what makes a value of it protect less."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inferctl.changes.template_diff import PropertyPath, values_at
from inferctl.preflight.templates import number

Judge = Callable[[Any], bool]
Row = tuple[str, str, Judge, str]


@dataclass(frozen=True, kw_only=True)
class SafeguardRule:
    """``path`` is as in `values_at`; one that begins with ``.`` is of the resource's attributes.

    A change is told where more values are weak; ``fresh``: a new resource is told too.
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


def resource_values(resource: Mapping[str, Any], path: PropertyPath) -> list[Any]:
    """The values at a rule's path."""
    if str(path[0]).startswith("."):
        return values_at(resource, (str(path[0])[1:], *path[1:]))
    return values_at(resource.get("Properties", {}), path)


def off(value: Any) -> bool:
    """Anything but true."""
    return str(value).lower() != "true"


def on(value: Any) -> bool:
    """True, also as text."""
    return str(value).lower() == "true"


def absent(value: Any) -> bool:
    """Not there, or empty."""
    return value is None or value in ([], {})


def zero(value: Any) -> bool:
    """0, also as text."""
    return value is not None and number(value, default=1) == 0


def one_of(*names: str) -> Judge:
    """One of these words; False is ``false``."""
    return lambda value: (str(value).lower() if isinstance(value, bool) else str(value)) in names


def mutable_image(value: Any) -> bool:
    """An image by no tag or by ``latest``, which comes to mean another; calls are not known."""
    if not isinstance(value, str) or "@sha256:" in value:
        return False
    _, _, tag = value.rpartition("/")[2].partition(":")
    return tag in ("", "latest")


def below(*starts: str) -> Judge:
    """One of these words or what is below it: ``/etc`` has ``/etc/x``, ``0`` has ``0:0``."""
    return lambda value: (
        str(value).startswith(tuple(f"{start}{end}" for start in starts for end in "/:"))
        or str(value) in ("/", *starts)
    )


def begins(*starts: str) -> Judge:
    """Text that begins so."""
    return lambda value: str(value).startswith(starts)


def other_than(name: str) -> Judge:
    """Anything but this word."""
    return lambda value: str(value) != name


def there(value: Any) -> bool:
    """There, and not empty."""
    return not absent(value)


def lacks(text: str) -> Judge:
    """A value, calls included, that does not hold this text."""
    return lambda value: text not in json.dumps(value)
