"""The two sides of a platform with what they refer to, as every judge of changes gets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from inferctl.changes.assembly import Assembly, Key
from inferctl.changes.finding import Finding
from inferctl.changes.references import References
from inferctl.changes.resource_changes import ResourceChange, resource_changes
from inferctl.changes.template_diff import Difference
from inferctl.changes.wording import change_text, joined


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Before and after of one platform."""

    before: Assembly
    after: Assembly

    @cached_property
    def old(self) -> References:
        """References of the side before."""
        return References(self.before)

    @cached_property
    def new(self) -> References:
        """References of the side after."""
        return References(self.after)

    @cached_property
    def changes(self) -> dict[Key, ResourceChange]:
        """Every resource that is not the same."""
        return resource_changes(self.before, self.after)

    def of_type(self, *types: str) -> Iterator[ResourceChange]:
        """The changes of resources of these types."""
        return (change for change in self.changes.values() if change.type in types)

    def lasting(self) -> Iterator[ResourceChange]:
        """The changes of resources that are on both sides."""
        return (each for each in self.changes.values() if each.before and each.after)

    def texts(self, change: ResourceChange, differences: tuple[Difference, ...]) -> str:
        """The differences as part of a sentence."""
        return joined(
            [
                change_text(each, change.key[0], before=self.old, after=self.new)
                for each in differences
            ]
        )

    def properties(self, side: Assembly, key: Key) -> Mapping[str, Any]:
        """The properties of a resource of one side; empty where it is not there."""
        resource = side.templates.get(key[0], {}).get("Resources", {}).get(key[1], {})
        found: Mapping[str, Any] = resource.get("Properties", {})
        return found


def finding(kind: str, change: ResourceChange, text: str) -> Finding:
    """A finding at a changed resource."""
    return Finding(
        kind=kind, stack=change.key[0], resource=change.key[1], type=change.type, text=text
    )
