"""Reading CloudFormation templates: resources by type, plain numbers, what a value refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Template = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of one stack."""

    stack: str
    logical_id: str
    properties: Mapping[str, Any]

    @property
    def place(self) -> str:
        """``stack/logical id``, as messages name it."""
        return f"{self.stack}/{self.logical_id}"


def resources(stack: str, template: Template, *types: str) -> Iterator[Resource]:
    """Every resource of ``types`` in one template."""
    for logical_id, resource in template.get("Resources", {}).items():
        if resource["Type"] in types:
            yield Resource(
                stack=stack, logical_id=logical_id, properties=resource.get("Properties", {})
            )


def number(value: object, *, default: float) -> float:
    """A number, also one that CloudFormation writes as text; ``default`` for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return default
    try:
        return float(value)
    except ValueError:
        return default


def strings(value: object) -> Iterator[str]:
    """Every string in a value, those of its intrinsic functions' arguments too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def reference(value: object) -> str | None:
    """The logical id that ``Ref`` or ``Fn::GetAtt`` names; None for any other value."""
    if isinstance(value, Mapping):
        if isinstance(value.get("Ref"), str):
            return str(value["Ref"])
        attribute = value.get("Fn::GetAtt")
        if isinstance(attribute, list) and attribute:
            return str(attribute[0])
    return None
