"""Every policy of a platform by whom or what it belongs to, wherever in a template it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inferctl.changes.assembly import Assembly, Key
from inferctl.changes.permissions import Permission, permissions
from inferctl.changes.references import References

OWNERS: Mapping[str, str] = {
    "Roles": "AWS::IAM::Role",
    "Users": "AWS::IAM::User",
    "Groups": "AWS::IAM::Group",
}
_SHARED = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
_OWN = {
    "AWS::IAM::RolePolicy": ("RoleName", "AWS::IAM::Role"),
    "AWS::IAM::UserPolicy": ("UserName", "AWS::IAM::User"),
    "AWS::IAM::GroupPolicy": ("GroupName", "AWS::IAM::Group"),
}
# Which property names what a policy that is a resource of its own belongs to.
_TARGETS = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SecretsManager::ResourcePolicy": "SecretId",
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What policies belong to; ``kind`` is what it ``may`` do, its ``trust``, or its ``policy``."""

    key: Key
    type: str
    kind: str


def granted(side: Assembly, references: References) -> dict[Subject, list[Permission]]:
    """All that is allowed or denied on one side; moving a statement is no difference."""
    found: dict[Subject, list[Permission]] = {}
    for key, resource in side.resources().items():
        for subject, permission in _of_resource(key, resource, references):
            found.setdefault(subject, []).append(permission)
    return found


def _of_resource(
    key: Key, resource: Mapping[str, Any], references: References
) -> Iterator[tuple[Subject, Permission]]:
    kind, properties = resource["Type"], resource.get("Properties", {})
    stack = key[0]
    if kind == "AWS::Lambda::Permission":
        target = references.one(stack, properties.get("FunctionName")) or key
        yield (
            Subject(key=target, type=kind, kind="policy"),
            _function_permission(properties, stack, references),
        )
        return
    for name, value in properties.items():
        subjects = [*_subjects(key, kind, name, properties, references)]
        for document in _documents(stack, value, references):
            for permission in permissions(document, stack, references):
                for subject in subjects:
                    yield subject, permission


def _subjects(
    key: Key, kind: str, name: str, properties: Mapping[str, Any], references: References
) -> Iterator[Subject]:
    """Whom a policy in the property ``name`` belongs to."""
    if kind in OWNERS.values():
        yield Subject(
            key=key, type=kind, kind="trust" if name == "AssumeRolePolicyDocument" else "may"
        )
    elif kind in _SHARED:
        owners = [*_owners(key, properties, references)]
        # a managed policy that nothing here has may be attached by hand
        for owner, owner_type in owners or [(key, kind)]:
            yield Subject(key=owner, type=owner_type, kind="may")
    elif kind in _OWN:
        place, owner_type = _OWN[kind]
        yield Subject(
            key=_named(key, properties.get(place), references), type=owner_type, kind="may"
        )
    else:
        target = references.one(key[0], properties.get(_TARGETS.get(kind, "")))
        yield Subject(key=target or key, type=kind, kind="policy")


def _owners(
    key: Key, properties: Mapping[str, Any], references: References
) -> Iterator[tuple[Key, str]]:
    for name, owner_type in OWNERS.items():
        for value in properties.get(name, []):
            yield _named(key, value, references), owner_type


def _named(key: Key, value: Any, references: References) -> Key:
    """The resource that a value names, or its name where no template has it."""
    return references.one(key[0], value) or (key[0], references.text(key[0], value))


def _documents(stack: str, value: Any, references: References) -> Iterator[Mapping[str, Any]]:
    """Every policy in a property's value, also one that is written as text."""
    if isinstance(value, Mapping) and _is_statement(value.get("Statement")):
        yield value
    elif isinstance(value, Mapping | list):
        written = references.text(stack, value) if isinstance(value, Mapping) else ""
        if '"Statement"' in written and (parsed := _parsed(written)) is not None:
            yield parsed
            return
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _documents(stack, item, references)
    elif isinstance(value, str) and (parsed := _parsed(value)) is not None:
        yield parsed


def _is_statement(value: Any) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, Mapping) and "Effect" in first


def _parsed(text: str) -> Mapping[str, Any] | None:
    if '"Statement"' not in text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    is_policy = isinstance(found, Mapping) and _is_statement(found.get("Statement"))
    return found if is_policy else None


def _function_permission(
    properties: Mapping[str, Any], stack: str, references: References
) -> Permission:
    limits = [
        (name, frozenset({references.text(stack, properties[name])}))
        for name in ("SourceAccount", "SourceArn", "PrincipalOrgID")
        if name in properties
    ]
    return Permission(
        effect="Allow",
        action=references.text(stack, properties.get("Action", "")),
        resource="the function",
        principal=references.text(stack, properties.get("Principal", "")),
        conditions=tuple(limits),
    )
