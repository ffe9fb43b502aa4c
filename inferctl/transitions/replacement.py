"""Which resources of a stack an update makes anew, as CloudFormation decides it."""

from __future__ import annotations

from inferctl.transitions.create_only import CREATE_ONLY
from inferctl.transitions.templates import StackChange, properties, resources, targets


def replaced(change: StackChange) -> frozenset[str]:
    """Logical ids of the resources whose create-only properties change.

    A create-only property also changes where it refers to a resource that is replaced.
    """
    before, after = resources(change.before), resources(change.after)
    found: set[str] = set()
    pending = True
    while pending:
        pending = False
        for name in before.keys() & after.keys() - found:
            kind = after[name]["Type"]
            if before[name]["Type"] != kind:
                continue
            old, new = properties(before[name]), properties(after[name])
            if any(
                old.get(key) != new.get(key) or targets(new.get(key)) & found
                for key in CREATE_ONLY.get(kind, ())
            ):
                found.add(name)
                pending = True
    return frozenset(found)
