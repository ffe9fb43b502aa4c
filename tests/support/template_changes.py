"""Changes of synthesized templates: one resource found by its type, one value set or dropped."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from inferctl.changes.assembly import Assembly

Templates = dict[str, dict[str, Any]]
Change = Callable[[Templates], None]
GONE = object()
"""Stands for a value that is taken away."""


def changed(side: Assembly, change: Change) -> Assembly:
    """A copy of one side with the change made."""
    templates = copy.deepcopy(dict(side.templates))
    change(templates)
    return replace(side, templates=templates)


def find(templates: Templates, resource_type: str, part: str = "") -> tuple[str, str]:
    """Stack and logical id of the first resource of a type whose logical id holds ``part``."""
    for stack, template in templates.items():
        for logical_id, resource in template["Resources"].items():
            if resource["Type"] == resource_type and part in logical_id:
                return stack, logical_id
    raise LookupError(f"no {resource_type} with {part!r} in its logical id")


def resource(templates: Templates, resource_type: str, part: str = "") -> dict[str, Any]:
    """The resource that `find` finds."""
    stack, logical_id = find(templates, resource_type, part)
    found: dict[str, Any] = templates[stack]["Resources"][logical_id]
    return found


def put(resource_type: str, path: str, value: Any, part: str = "") -> Change:
    """Set ``A/0/B`` of a resource's properties; a path that begins with ``.`` is an attribute."""

    def change(templates: Templates) -> None:
        found = resource(templates, resource_type, part)
        place: Any = found if path.startswith(".") else found.setdefault("Properties", {})
        *above, last = path.removeprefix(".").split("/")
        for name in above:
            place = place[int(name)] if isinstance(place, list) else place.setdefault(name, {})
        key: Any = int(last) if isinstance(place, list) else last
        if value is GONE:
            del place[key]
        elif isinstance(place, list) and key == len(place):
            place.append(copy.deepcopy(value))
        else:
            place[key] = copy.deepcopy(value)

    return change


def drop(resource_type: str, part: str = "") -> Change:
    """Take a resource away."""

    def change(templates: Templates) -> None:
        stack, logical_id = find(templates, resource_type, part)
        del templates[stack]["Resources"][logical_id]

    return change


def add(stack_ending: str, logical_id: str, resource_type: str, properties: Any = None) -> Change:
    """Add a resource to the stack whose name ends so."""

    def change(templates: Templates) -> None:
        (stack,) = (name for name in templates if name.endswith(stack_ending))
        templates[stack]["Resources"][logical_id] = {
            "Type": resource_type,
            "Properties": copy.deepcopy(properties or {}),
        }

    return change


def rename(resource_type: str, part: str = "") -> Change:
    """Give a resource another logical id, as moving its construct does; references follow."""

    def change(templates: Templates) -> None:
        stack, logical_id = find(templates, resource_type, part)
        text = json.dumps(templates[stack])
        for quoted in (f'"{logical_id}"', f"${{{logical_id}}}", f"${{{logical_id}."):
            text = text.replace(quoted, quoted.replace(logical_id, f"Moved{logical_id}"))
        templates[stack] = json.loads(text)

    return change


def both(*changes: Change) -> Change:
    """Several changes, one after the other."""

    def change(templates: Templates) -> None:
        for each in changes:
            each(templates)

    return change


def everywhere(old: str, new: str) -> Change:
    """Replace a text in every template."""

    def change(templates: Templates) -> None:
        for stack in templates:
            text = json.dumps(templates[stack])
            templates[stack] = json.loads(text.replace(old, new))

    return change
