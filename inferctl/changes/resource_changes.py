"""Every resource that two versions of a platform do not share, and which of them are replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from inferctl.changes.assembly import Assembly, Key
from inferctl.changes.create_only import create_only
from inferctl.changes.references import References
from inferctl.changes.template_diff import (
    ATTRIBUTES,
    Difference,
    PropertyPath,
    differences,
    is_intrinsic,
)

Action = Literal["added", "removed", "updated", "replaced", "may be replaced"]

# A changed launch template gets a new version, and its number is what a group refers to.
_VERSIONED = {
    ("AWS::EC2::LaunchTemplate", "LatestVersionNumber"),
    ("AWS::EC2::LaunchTemplate", "DefaultVersionNumber"),
}


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """One resource. ``differences`` are of its properties, ``attributes`` of its policies."""

    key: Key
    type: str
    action: Action
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    differences: tuple[Difference, ...] = ()
    attributes: tuple[Difference, ...] = ()
    replacing: tuple[Difference, ...] = ()
    """The differences that replace it."""

    def at(self, *names: str) -> list[Difference]:
        """The differences at or below the properties of these names."""
        return [each for each in self.differences if each.path and each.path[0] in names]

    def policy(self, name: str, *, before: bool = False) -> str:
        """``DeletionPolicy`` and the like; CloudFormation deletes where it is absent."""
        found: str = (self.before if before else self.after).get(name, "Delete")
        return found


def resource_changes(before: Assembly, after: Assembly) -> dict[Key, ResourceChange]:
    """The changes by resource, in the order of their names.

    A change that replaces one resource changes what others refer to, and may replace them too.
    """
    old, new = before.resources(), after.resources()
    changes = {
        key: _change(key, old.get(key), new.get(key))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    }
    changes = {key: change for key, change in changes.items() if _matters(change)}
    references = References(after)
    links = {
        key: [
            (path, reference.key, reference.attribute)
            for path, value in _leaves(resource.get("Properties", {}))
            for reference in references.found(key[0], value)
        ]
        for key, resource in new.items()
        if key in old
    }
    while True:
        found = {
            key: changed
            for key, there in links.items()
            if (changed := _by_reference(key, changes, there, old[key], new[key])) is not None
        }
        if not found:
            return {key: changes[key] for key in sorted(changes)}
        changes |= found


def _change(
    key: Key, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> ResourceChange:
    resource_type = str((after or before or {})["Type"])
    if before is None or after is None:
        return ResourceChange(
            key=key,
            type=resource_type,
            action="added" if before is None else "removed",
            before=before or {},
            after=after or {},
        )
    found = tuple(differences(before.get("Properties", {}), after.get("Properties", {})))
    return _judged(
        ResourceChange(
            key=key,
            type=resource_type,
            action="updated",
            before=before,
            after=after,
            differences=found,
            attributes=tuple(
                Difference(path=(name,), before=before.get(name), after=after.get(name))
                for name in ATTRIBUTES
                if before.get(name) != after.get(name)
            ),
        )
    )


def _judged(change: ResourceChange) -> ResourceChange:
    known = create_only(change.type)
    if known is None:
        # a type without schema may replace by any property, and nothing says otherwise
        action: Action = "may be replaced" if change.differences else "updated"
        return replace(change, action=action, replacing=change.differences)
    certain = tuple(each for each in change.differences if known.replaces(each.path))
    if certain:
        return replace(change, action="replaced", replacing=certain)
    possible = tuple(each for each in change.differences if known.may_replace(each.path))
    certain, possible = _conditions(change, possible)
    if certain:
        return replace(change, action="replaced", replacing=certain)
    return replace(change, action="may be replaced" if possible else "updated", replacing=possible)


def _conditions(
    change: ResourceChange, possible: tuple[Difference, ...]
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """Which conditional differences replace for certain, and which still may."""
    if change.type == "AWS::AutoScaling::AutoScalingGroup":
        # docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy
        policy = change.after.get("UpdatePolicy", {}).get("AutoScalingReplacingUpdate", {})
        return (possible, ()) if policy.get("WillReplace") else ((), ())
    if change.type == "AWS::EC2::Instance":
        # backed by EBS it is stopped and started for its type, its boot script and its groups
        kept = {"InstanceType", "UserData", "SecurityGroupIds", "EbsOptimized", "KernelId"}
        return (), tuple(each for each in possible if each.path[0] not in kept)
    return (), possible


def _by_reference(
    key: Key,
    changes: Mapping[Key, ResourceChange],
    links: list[tuple[PropertyPath, Key, str | None]],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> ResourceChange | None:
    """The change with what came by reference; None where that adds nothing."""
    change = changes.get(key) or ResourceChange(
        key=key, type=str(after["Type"]), action="updated", before=before, after=after
    )
    there = {each.path for each in change.differences}
    added = tuple(
        Difference(path=path, because="/".join(target))
        for path, target, attribute in dict.fromkeys(links)
        if path not in there and _has_changed(changes.get(target), attribute)
    )
    unique = tuple({each.path: each for each in reversed(added)}.values())[::-1]
    if not unique:
        return None
    return _judged(replace(change, differences=(*change.differences, *unique)))


def _has_changed(target: ResourceChange | None, attribute: str | None) -> bool:
    if target is None:
        return False
    if target.action == "replaced":
        return True
    return bool(target.differences) and (target.type, attribute) in _VERSIONED


def _leaves(value: Any, path: PropertyPath = ()) -> Iterator[tuple[PropertyPath, Any]]:
    if isinstance(value, Mapping) and not is_intrinsic(value):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _leaves(item, (*path, position))
    else:
        yield path, value


def _matters(change: ResourceChange) -> bool:
    """Whether CloudFormation would do anything; descriptions and orders are not deployed."""
    types_differ = bool(
        change.before and change.after and change.before["Type"] != change.after["Type"]
    )
    return (
        types_differ
        or change.action in ("added", "removed")
        or bool(change.differences or change.attributes)
    )
