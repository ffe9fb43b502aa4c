"""What is deleted and what is made anew, and what is lost with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from inferctl.changes.assembly import Key
from inferctl.changes.comparison import Comparison, finding
from inferctl.changes.finding import Finding
from inferctl.changes.resource_changes import ResourceChange
from inferctl.changes.resource_kinds import QUIET, SAFEGUARDS, STATEFUL
from inferctl.changes.template_diff import is_intrinsic


def lifetime_findings(comparison: Comparison) -> Iterator[Finding]:
    """Destroyed and replaced resources, and stacks that are left behind."""
    for stack in sorted(comparison.before.templates.keys() - comparison.after.templates.keys()):
        text = "the stack is defined no more: `cdk deploy` leaves it as it is, `cdk destroy` of it"
        yield Finding(
            kind="destroy", stack=stack, resource="", type="", text=f"{text} deletes all it holds"
        )
    yield from _moved(comparison)
    renamed = renames(comparison)
    for change in comparison.changes.values():
        if change.key[0] not in comparison.after.templates:
            continue
        if change.action == "removed":
            yield from _removed(change, renamed.get(change.key))
        elif change.action in ("replaced", "may be replaced"):
            yield from _replaced(comparison, change)
        yield from _condition(change)


def _moved(comparison: Comparison) -> Iterator[Finding]:
    """Stacks of the same name in another region are other stacks, and the old ones stay."""
    for stack, old in sorted(comparison.before.regions.items()):
        new = comparison.after.regions.get(stack, old)
        if new != old:
            text = (
                f"is made anew and empty in {new}; the one in {old} stays until someone deletes it"
            )
            yield Finding(kind="replace", stack=stack, resource="", type="", text=text)


def renames(comparison: Comparison) -> dict[Key, Key]:
    """Removed resources that come back under another logical id, with the same properties."""
    added: dict[tuple[str, str], list[Key]] = {}
    for change in comparison.changes.values():
        if change.action == "added":
            added.setdefault(_signature(change, change.after), []).append(change.key)
    found = {}
    for change in comparison.changes.values():
        if change.action == "removed" and (
            partners := added.get(_signature(change, change.before))
        ):
            found[change.key] = partners.pop(0)
    return found


def _signature(change: ResourceChange, resource: Mapping[str, Any]) -> tuple[str, str]:
    """Stack, type and properties, with every reference to a resource alike."""
    properties = _anonymous(resource.get("Properties", {}))
    return change.key[0], json.dumps([change.type, properties], sort_keys=True)


def _anonymous(value: Any) -> Any:
    if isinstance(value, list):
        return [_anonymous(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if is_intrinsic(value) and (set(value) & {"Ref", "Fn::GetAtt"}):
        named = value.get("Fn::GetAtt")
        return {"reference": named[1] if isinstance(named, list) else ""}
    # names that come from the logical id or the construct's path
    return {name: _anonymous(item) for name, item in value.items() if name != "Tags"}


def _removed(change: ResourceChange, partner: Key | None) -> Iterator[Finding]:
    if change.type in QUIET or change.type.startswith("AWS::ApplicationAutoScaling::"):
        return
    if change.type in SAFEGUARDS:
        if partner is None:
            yield finding("protection", change, f"is deleted: {SAFEGUARDS[change.type]}")
        return
    policy = change.policy("DeletionPolicy", before=True)
    if policy.startswith("Retain"):
        text = "leaves the stack and stays in the account, where nobody manages it any more"
    else:
        text = "is deleted"
        if change.type in STATEFUL:
            text += f": {STATEFUL[change.type]}"
    if partner is not None:
        text += f"; {partner[1]} is made in its place (only the logical id is another)"
    elif change.type == "AWS::IAM::Role":
        return
    yield finding("destroy", change, text)


def _replaced(comparison: Comparison, change: ResourceChange) -> Iterator[Finding]:
    if change.type in QUIET or change.type.startswith("AWS::ApplicationAutoScaling::"):
        return
    certain = change.action == "replaced"
    reasons = comparison.texts(change, change.replacing)
    text = f"{'is' if certain else 'may be'} replaced by {reasons}"
    yield finding("replace", change, text)
    if change.type not in STATEFUL:
        return
    if change.policy("UpdateReplacePolicy").startswith("Retain"):
        loss = "the old one stays in the account, and the new one is empty"
    else:
        loss = f"the old one is deleted: {STATEFUL[change.type]}"
    yield finding("destroy", change, loss if certain else f"if it is replaced, {loss}")


def _condition(change: ResourceChange) -> Iterator[Finding]:
    for difference in change.attributes:
        if difference.path == ("Condition",):
            text = f"depends on the condition {difference.after} now: where it is false, it is gone"
            if difference.after is not None:
                yield finding("destroy", change, text)
