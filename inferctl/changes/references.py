"""What a value of a template refers to, across stacks, and how it reads with names in place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inferctl.changes.assembly import Assembly, Key
from inferctl.changes.template_diff import is_intrinsic

_SUB = re.compile(r"\$\{([^!}][^}]*)\}")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A resource, and which of its attributes; None for its ``Ref``."""

    key: Key
    attribute: str | None = None

    @property
    def text(self) -> str:
        """``${logical id.attribute}``."""
        return f"${{{self.key[1]}{'' if self.attribute is None else f'.{self.attribute}'}}}"


class References:
    """Follows references of one side; an import leads to what the exporting output names."""

    def __init__(self, assembly: Assembly) -> None:
        self._resources = assembly.resources()
        self._exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in assembly.templates.items()
            for output in template.get("Outputs", {}).values()
            if isinstance(output.get("Export", {}).get("Name"), str)
        }

    @property
    def exports(self) -> Mapping[str, tuple[str, Any]]:
        """Exporting stack and value by the export's name."""
        return self._exports

    def found(self, stack: str, value: Any) -> Iterator[Reference]:
        """Every resource that a value of ``stack`` refers to."""
        if isinstance(value, list):
            for item in value:
                yield from self.found(stack, item)
        if not isinstance(value, Mapping):
            return
        direct = self._direct(stack, value)
        if direct is not None:
            yield from direct
            return
        for item in value.values():
            yield from self.found(stack, item)

    def one(self, stack: str, value: Any) -> Key | None:
        """The resource that a value refers to, where it refers to one only."""
        keys = {reference.key for reference in self.found(stack, value)}
        return keys.pop() if len(keys) == 1 else None

    def text(self, stack: str, value: Any) -> str:
        """A value as one reads it: ``${Bucket.Arn}/models/*``; JSON where it is no text."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int | float):
            return str(value)
        if isinstance(value, Mapping) and is_intrinsic(value):
            return self._call_text(stack, value)
        return json.dumps(self._plain(stack, value), sort_keys=True)

    def _direct(self, stack: str, value: Mapping[str, Any]) -> list[Reference] | None:
        """The references of a call that names a resource; None for any other value."""
        if set(value) == {"Ref"}:
            return self._known(stack, str(value["Ref"]), None)
        if set(value) == {"Fn::GetAtt"}:
            named = value["Fn::GetAtt"]
            logical_id, _, attribute = (
                named.partition(".") if isinstance(named, str) else (named[0], ".", named[1])
            )
            return self._known(stack, logical_id, str(attribute))
        if set(value) == {"Fn::ImportValue"}:
            export = self._exports.get(str(value["Fn::ImportValue"]))
            return [] if export is None else [*self.found(*export)]
        if set(value) == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
            found = (name.partition(".") for name in _SUB.findall(value["Fn::Sub"]))
            return [
                each
                for logical_id, _, attribute in found
                for each in self._known(stack, logical_id, attribute or None)
            ]
        return None

    def _known(self, stack: str, logical_id: str, attribute: str | None) -> list[Reference]:
        key = (stack, logical_id)
        return [Reference(key=key, attribute=attribute)] if key in self._resources else []

    def _call_text(self, stack: str, value: Mapping[str, Any]) -> str:
        ((name, argument),) = value.items()
        if name == "Ref":
            return f"${{{argument}}}"
        if name == "Fn::GetAtt":
            return f"${{{argument if isinstance(argument, str) else '.'.join(map(str, argument))}}}"
        if name == "Fn::ImportValue" and str(argument) in self._exports:
            return self.text(*self._exports[str(argument)])
        if name == "Fn::Sub" and isinstance(argument, str):
            return argument
        if name == "Fn::Join" and isinstance(argument[1], list):
            return str(argument[0]).join(self.text(stack, part) for part in argument[1])
        if name == "Fn::Base64":
            return self.text(stack, argument)
        return json.dumps({name: self._plain(stack, argument)}, sort_keys=True)

    def _plain(self, stack: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._plain(stack, item) for item in value]
        if isinstance(value, Mapping):
            if is_intrinsic(value):
                return self._call_text(stack, value)
            return {name: self._plain(stack, item) for name, item in value.items()}
        return value
