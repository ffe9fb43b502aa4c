"""Who may do more: roles by what all their policies say together, and policies of resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from inferctl.changes.assembly import Assembly, Key
from inferctl.changes.comparison import Comparison
from inferctl.changes.finding import Finding
from inferctl.changes.permissions import Permission, permissions
from inferctl.changes.references import References
from inferctl.changes.wording import joined

# Properties that hold a policy for who comes from outside, by type.
_RESOURCE_POLICIES = {
    "AWS::S3::BucketPolicy": ("PolicyDocument", "Bucket"),
    "AWS::KMS::Key": ("KeyPolicy", None),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", "Topics"),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", "Queues"),
    "AWS::ECR::Repository": ("RepositoryPolicyText", None),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy", "SecretId"),
    "AWS::Logs::ResourcePolicy": ("PolicyDocument", None),
    "AWS::EC2::VPCEndpoint": ("PolicyDocument", None),
    "AWS::Lambda::Permission": (None, "FunctionName"),
}
_WILDCARD = "wildcard: "
_OWNERS = {"Roles": "AWS::IAM::Role", "Users": "AWS::IAM::User", "Groups": "AWS::IAM::Group"}
# Which property names the identity that a workload runs under.
_IDENTITIES = {
    "AWS::ECS::TaskDefinition": ("TaskRoleArn", "ExecutionRoleArn"),
    "AWS::Lambda::Function": ("Role",),
    "AWS::SageMaker::Model": ("ExecutionRoleArn",),
    "AWS::StepFunctions::StateMachine": ("RoleArn",),
    "AWS::EC2::Instance": ("IamInstanceProfile",),
    "AWS::IAM::InstanceProfile": ("Roles",),
}


@dataclass(frozen=True, kw_only=True)
class _Subject:
    """What policies belong to: a role's own permissions, its trust, or a resource's policy."""

    key: Key
    type: str
    kind: str


def iam_findings(comparison: Comparison) -> Iterator[Finding]:
    """Everything that may do more than before."""
    old, new = (
        _granted(comparison.before, comparison.old),
        _granted(comparison.after, comparison.new),
    )
    for subject in sorted({*old, *new}, key=lambda each: (each.key, each.kind)):
        yield from _widened(comparison, subject, old.get(subject, []), new.get(subject, []))
    yield from _managed(comparison)
    yield from _identities(comparison)


def _granted(side: Assembly, references: References) -> dict[_Subject, list[Permission]]:
    found: dict[_Subject, list[Permission]] = {}

    def add(subject: _Subject, granted: Iterable[Permission]) -> None:
        found.setdefault(subject, []).extend(granted)

    for key, resource in side.resources().items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind in _OWNERS.values():
            trust = properties.get("AssumeRolePolicyDocument")
            if trust is not None:
                add(
                    _Subject(key=key, type=kind, kind="trust"),
                    permissions(trust, key[0], references),
                )
            for policy in properties.get("Policies", []):
                document = policy.get("PolicyDocument")
                add(
                    _Subject(key=key, type=kind, kind="may"),
                    permissions(document, key[0], references),
                )
        elif kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            granted = [*permissions(properties.get("PolicyDocument"), key[0], references)]
            owners = [*_owners(key, properties, references)]
            # a managed policy that nothing here has may be attached by hand
            for owner, owner_type in owners or [(key, kind)]:
                add(_Subject(key=owner, type=owner_type, kind="may"), granted)
        elif kind in _RESOURCE_POLICIES:
            document, target = _RESOURCE_POLICIES[kind]
            place = references.one(key[0], properties.get(target)) if target else key
            subject = _Subject(key=place or key, type=kind, kind="policy")
            if document is None:
                add(subject, [_function_permission(properties, key[0], references)])
            elif document in properties:
                add(subject, permissions(properties[document], key[0], references))
    return found


def _owners(key: Key, properties: Any, references: References) -> Iterator[tuple[Key, str]]:
    for name, owner_type in _OWNERS.items():
        for value in properties.get(name, []):
            owner = references.one(key[0], value)
            yield (owner or (key[0], references.text(key[0], value))), owner_type


def _function_permission(properties: Any, stack: str, references: References) -> Permission:
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


def _widened(
    comparison: Comparison, subject: _Subject, old: list[Permission], new: list[Permission]
) -> Iterator[Finding]:
    if subject.type == "AWS::EC2::VPCEndpoint" and not old:
        return  # without a policy everything was allowed; safeguards.py says when one goes
    gained = [p for p in new if p.effect == "Allow" and not any(o.covers(p) for o in old)]
    # that the account itself may use a key is what makes its own policies count
    gained = [p for p in gained if not p.principal.endswith("${AWS::AccountId}:root")]
    unlimited = [p for p in old if p.effect == "Deny" and not any(n.covers(p) for n in new)]
    texts = _grouped(gained, subject)
    if subject.key in comparison.after.resources():
        texts += [f"denied no more: {text}" for text in _grouped(unlimited, subject)]
    if subject.key not in comparison.before.resources() and subject.kind == "may":
        texts = _in_short(texts)
    stack, logical_id = subject.key
    for text in texts:
        yield Finding(kind="iam", stack=stack, resource=logical_id, type=subject.type, text=text)


def _in_short(texts: list[str]) -> list[str]:
    """All that a new role may do as one text; wildcards stay alone."""
    wild = [text for text in texts if text.startswith(_WILDCARD)]
    plain = [text.removeprefix("may ") for text in texts if not text.startswith(_WILDCARD)]
    return [*wild, f"is new and may {joined(plain, most=4)}"] if plain else wild


def _grouped(granted: list[Permission], subject: _Subject) -> list[str]:
    """One text for each resource, principal and condition, with all the actions."""
    actions: dict[tuple[str, str, str, str, bool], list[str]] = {}
    for each in granted:
        place = (each.resource, each.principal, each.condition, each.negated, each.is_wildcard)
        actions.setdefault(place, []).append(each.action)
    texts = []
    for (resource, principal, condition, negated, wide), names in sorted(actions.items()):
        words = joined(sorted(set(names)), most=6)
        if subject.kind == "trust":
            text = f"may be assumed by {principal or 'anyone'} ({words})"
        else:
            who = f"{principal or 'it'} may " if subject.kind == "policy" else "may "
            text = f"{who}{words} on {resource}"
        if negated:
            text += f", all but {negated}"
        text += f" if {condition}" if condition else ""
        texts.append(f"{_WILDCARD}{text}" if wide else text)
    return texts


def _managed(comparison: Comparison) -> Iterator[Finding]:
    """Policies from elsewhere, whose statements no template shows, and lost boundaries."""
    for change in comparison.of_type(*_OWNERS.values()):
        stack, logical_id = change.key
        old = change.before.get("Properties", {})
        new = change.after.get("Properties", {})
        had = {comparison.old.text(stack, arn) for arn in old.get("ManagedPolicyArns", [])}
        has = {comparison.new.text(stack, arn) for arn in new.get("ManagedPolicyArns", [])}
        texts = [f"gets the managed policy {arn}" for arn in sorted(has - had)]
        bounded = change.after and old.get("PermissionsBoundary") is not None
        if bounded and old["PermissionsBoundary"] != new.get("PermissionsBoundary"):
            texts.append("has another permissions boundary, or none")
        for text in texts:
            yield Finding(kind="iam", stack=stack, resource=logical_id, type=change.type, text=text)


def _identities(comparison: Comparison) -> Iterator[Finding]:
    for change in comparison.of_type(*_IDENTITIES):
        if not (change.before and change.after):
            continue
        for name in _IDENTITIES[change.type]:
            for difference in change.at(name):
                # a role that is made anew is compared by itself
                if difference.because is None:
                    text = comparison.texts(change, (difference,))
                    yield Finding(
                        kind="iam",
                        stack=change.key[0],
                        resource=change.key[1],
                        type=change.type,
                        text=f"runs under another identity: {text}",
                    )
