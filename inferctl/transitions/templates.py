"""Two sets of CloudFormation templates, and expressions in them as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Template = Mapping[str, Any]
Resource = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class StackChange:
    """One stack that is deployed and will be updated."""

    name: str
    before: Template
    after: Template


@dataclass(frozen=True, kw_only=True)
class Change:
    """Templates by the names of their stacks."""

    before: Mapping[str, Template]
    after: Mapping[str, Template]

    def updated(self) -> Iterator[StackChange]:
        """Every stack of both sides whose template is another one."""
        for name, template in self.before.items():
            if name in self.after and self.after[name] != template:
                yield StackChange(name=name, before=template, after=self.after[name])


def resources(template: Template, kind: str | None = None) -> dict[str, Resource]:
    """The resources of one type, or all, by logical id."""
    found: Mapping[str, Resource] = template.get("Resources", {})
    return {name: one for name, one in found.items() if kind is None or one["Type"] == kind}


def properties(resource: Resource) -> Mapping[str, Any]:
    """A resource's properties; none where it has no such section."""
    found: Mapping[str, Any] = resource.get("Properties", {})
    return found


def text(value: Any) -> str:
    """An expression as ``Fn::Sub`` would write it, so that equal ones of other forms are equal.

    >>> text({"Fn::Join": ["", ["endpoint/", {"Fn::GetAtt": ["E", "EndpointName"]}]]})
    'endpoint/${E.EndpointName}'
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            return f"${{{argument}}}"
        if name == "Fn::GetAtt":
            return f"${{{argument if isinstance(argument, str) else '.'.join(map(str, argument))}}}"
        if name == "Fn::Sub" and isinstance(argument, str):
            return argument
        if name == "Fn::Join" and isinstance(argument[1], list):
            return str(argument[0]).join(text(part) for part in argument[1])
    return json.dumps(value, sort_keys=True)


def target(value: Any) -> str | None:
    """The logical id of the ``Ref`` or ``Fn::GetAtt`` that ``value`` is; None for all else."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    ((name, argument),) = value.items()
    if name == "Ref":
        return str(argument)
    if name == "Fn::GetAtt":
        return str(argument if isinstance(argument, str) else argument[0]).split(".")[0]
    return None


def targets(value: Any) -> frozenset[str]:
    """The logical ids that ``value`` refers to anywhere, but for those inside ``Fn::Sub``."""
    found = target(value)
    if found is not None:
        return frozenset({found})
    if isinstance(value, Mapping):
        return frozenset().union(*(targets(item) for item in value.values()))
    if isinstance(value, list):
        return frozenset().union(*(targets(item) for item in value))
    return frozenset()
