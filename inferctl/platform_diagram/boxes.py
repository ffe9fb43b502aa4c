"""The boxes of the picture: what each stack has, resources of one kind together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inferctl.platform_diagram.kinds import KINDS, is_machinery

Template = dict[str, Any]
_MOST_LINES = 5


@dataclass(frozen=True, kw_only=True)
class Box:
    """Resources of one kind in one stack; ``members`` are their logical ids."""

    stack: str
    title: str
    details: tuple[str, ...]
    members: frozenset[str]


def boxes(stack: str, template: Template) -> tuple[Box, ...]:
    """The boxes of one stack, in the order of `KINDS`."""
    resources: dict[str, Any] = template.get("Resources", {})
    found = []
    for kind in KINDS:
        members = {
            name: resource
            for name, resource in resources.items()
            if resource["Type"] in kind.types
            and not is_machinery(resource["Type"], resource.get("Properties", {}))
        }
        if members:
            lines = [
                line
                for each in members.values()
                for line in kind.describe(each.get("Properties", {}), resources).splitlines()
            ]
            found.append(
                Box(
                    stack=stack,
                    title=kind.title,
                    details=_counted(lines),
                    members=frozenset(members),
                )
            )
    return tuple(found)


def _counted(lines: list[str]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for line in lines:
        counts[line] = counts.get(line, 0) + 1
    texts = [line if count == 1 else f"{count} x {line}" for line, count in counts.items() if line]
    if len(texts) > _MOST_LINES:
        texts = [*texts[: _MOST_LINES - 1], f"and {len(texts) - _MOST_LINES + 1} more"]
    return tuple(texts)
