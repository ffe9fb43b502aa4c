"""Reads properties, which CloudFormation delivers as strings, and collects every problem."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cfn_resource.errors import EventError


class PropertyReader:
    """Typed access to properties; call `finish` once everything was read."""

    def __init__(self, properties: Mapping[str, object], *, resource_type: str) -> None:
        self._properties = properties
        self._resource_type = resource_type
        self._problems: list[str] = []

    def text(self, name: str, *, pattern: str | None = None, rule: str = "") -> str:
        """A non-empty string; with ``pattern`` one that matches it in full, as ``rule`` says."""
        value = self._properties.get(name)
        if value is None or value == "":
            self._problems.append(f"{name} is required")
        elif not isinstance(value, str):
            self._problems.append(f"{name} must be a string, got {value!r:.80}")
        elif pattern is not None and not re.fullmatch(pattern, value):
            self._problems.append(f"{name} must be {rule}, got {value!r:.80}")
        else:
            return value
        return ""

    def boolean(self, name: str) -> bool:
        """``"true"`` or ``"false"``, the way CloudFormation writes booleans."""
        return self.text(name, pattern="true|false", rule="'true' or 'false'") == "true"

    def finish(self) -> None:
        """Raise `EventError` with every problem there was, in the order of reading."""
        if self._problems:
            raise EventError(f"invalid {self._resource_type}: " + "; ".join(self._problems))
