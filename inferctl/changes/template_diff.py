"""Where two versions of a resource differ: property paths with both values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PropertyPath = tuple[str | int, ...]

# What CloudFormation reads of a resource beside its properties, and no description of it.
ATTRIBUTES = (
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "UpdatePolicy",
    "CreationPolicy",
    "Condition",
)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One place; a value that is not there is None.

    ``because`` is set where the text is the same and what it refers to is not: the
    ``stack/logical id`` of a resource that is replaced, or of which there is a new version.
    """

    path: PropertyPath
    before: Any = None
    after: Any = None
    because: str | None = None

    @property
    def place(self) -> str:
        """``A.B[0]``, as messages name it."""
        text = ""
        for part in self.path:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text


def differences(before: Any, after: Any, path: PropertyPath = ()) -> Iterator[Difference]:
    """Every differing place, as deep as both sides are alike; lists of other length are one."""
    if same(before, after):
        return
    if _is_mapping(before) and _is_mapping(after):
        for name in sorted({*before, *after}):
            yield from differences(before.get(name), after.get(name), (*path, name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for position, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, (*path, position))
    else:
        yield Difference(path=path, before=before, after=after)


def same(before: Any, after: Any) -> bool:
    """Whether CloudFormation gets the same value: it passes numbers and booleans as text."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(
            same(value, after[name]) for name, value in before.items()
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    if _is_scalar(before) and _is_scalar(after):
        return _scalar_text(before) == _scalar_text(after)
    return bool(before == after)


def is_intrinsic(value: Any) -> bool:
    """Whether a value is a call such as ``{"Ref": ...}``, which is no mapping of properties."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return False
    name = next(iter(value))
    return name == "Ref" or str(name).startswith("Fn::")


def values_at(value: Any, path: PropertyPath) -> list[Any]:
    """Every value at a path; None for a missing one.

    ``*`` is each item of a list; a list of ``{Key, Value}`` or ``{Name, Value}`` is a mapping.
    """
    if not path:
        return [value]
    head, *rest = path
    if head == "*":
        items = value if isinstance(value, list) else []
        return [found for item in items for found in values_at(item, tuple(rest))]
    if isinstance(value, list):
        return values_at(_named(value), path)
    if isinstance(value, Mapping) and not is_intrinsic(value):
        return values_at(value.get(head), tuple(rest))
    # something below a list that is not there is no value; a missing property is a missing value
    return [] if "*" in rest else [None]


def _named(items: list[Any]) -> dict[str, Any]:
    """A list of ``{Key, Value}`` or ``{Name, Value}`` as a mapping; others are empty."""
    return {
        str(item.get("Key", item.get("Name"))): item["Value"]
        for item in items
        if isinstance(item, Mapping) and "Value" in item
    }


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping) and not is_intrinsic(value)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _scalar_text(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
