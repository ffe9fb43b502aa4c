"""Who may do more: roles by what all their policies say together, and policies of resources."""

from __future__ import annotations

from collections.abc import Iterator

from inferctl.changes.comparison import Comparison, finding
from inferctl.changes.finding import Finding
from inferctl.changes.permissions import Permission
from inferctl.changes.policy_subjects import OWNERS, Subject, granted
from inferctl.changes.wording import joined

_WILDCARD = "wildcard: "
# Ends of the principal that every key policy names so that IAM policies count at all.
_ACCOUNT = "${AWS::AccountId}:root"
_KEYS = ("AWS::KMS::Key", "AWS::KMS::ReplicaKey")
# Whoever gets in by these has no role of the templates.
_NEWCOMERS = {
    "AWS::IAM::User": "a user",
    "AWS::IAM::AccessKey": "an access key, which lasts until someone deletes it",
    "AWS::IAM::UserToGroupAddition": "users to a group",
    "AWS::IAM::OIDCProvider": "a provider of identities",
    "AWS::IAM::SAMLProvider": "a provider of identities",
    "AWS::Events::EventBusPolicy": "a sender to an event bus",
    "AWS::Lambda::LayerVersionPermission": "a reader of a layer",
    "AWS::RAM::ResourceShare": "a share with other accounts",
}
# Where the identity stands that a workload runs under.
_IDENTITIES = {
    "AWS::ECS::TaskDefinition": ("TaskRoleArn", "ExecutionRoleArn"),
    "AWS::Lambda::Function": ("Role",),
    "AWS::SageMaker::Model": ("ExecutionRoleArn",),
    "AWS::StepFunctions::StateMachine": ("RoleArn",),
    "AWS::EC2::Instance": ("IamInstanceProfile",),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateData.IamInstanceProfile",),
    "AWS::Batch::JobDefinition": (
        "ContainerProperties.JobRoleArn",
        "ContainerProperties.ExecutionRoleArn",
    ),
    "AWS::Batch::ComputeEnvironment": ("ServiceRole", "ComputeResources.InstanceRole"),
    "AWS::Events::Rule": ("RoleArn",),
    "AWS::IAM::InstanceProfile": ("Roles",),
}


def iam_findings(comparison: Comparison) -> Iterator[Finding]:
    """Everything that may do more than before."""
    old, new = (
        granted(comparison.before, comparison.old),
        granted(comparison.after, comparison.new),
    )
    for subject in sorted({*old, *new}, key=lambda each: (each.key, each.kind)):
        yield from _widened(comparison, subject, old.get(subject, []), new.get(subject, []))
    yield from _managed(comparison)
    yield from _identities(comparison)
    for change in comparison.of_type(*_NEWCOMERS):
        if change.action == "added":
            yield finding("iam", change, f"adds {_NEWCOMERS[change.type]}")


def _widened(
    comparison: Comparison, subject: Subject, old: list[Permission], new: list[Permission]
) -> Iterator[Finding]:
    if subject.type == "AWS::EC2::VPCEndpoint" and not old:
        return  # without a policy everything was allowed; safeguards.py says when one goes
    gained = [p for p in new if p.effect == "Allow" and not any(o.covers(p) for o in old)]
    if subject.type in _KEYS:
        # that the account itself may use a key is what makes its own policies count
        gained = [p for p in gained if not p.principal.endswith(_ACCOUNT)]
        yield from _locked_out(comparison, subject, old, new)
    unlimited = [p for p in old if p.effect == "Deny" and not any(n.covers(p) for n in new)]
    texts = _grouped(gained, subject)
    if subject.key in comparison.after.resources():
        texts += [f"denied no more: {text}" for text in _grouped(unlimited, subject)]
    if subject.key not in comparison.before.resources() and subject.kind == "may":
        texts = _in_short(texts)
    stack, logical_id = subject.key
    for text in texts:
        yield Finding(kind="iam", stack=stack, resource=logical_id, type=subject.type, text=text)


def _locked_out(
    comparison: Comparison, subject: Subject, old: list[Permission], new: list[Permission]
) -> Iterator[Finding]:
    had, has = (any(p.principal.endswith(_ACCOUNT) for p in side) for side in (old, new))
    change = comparison.changes.get(subject.key)
    # without any policy KMS writes the account's own
    if had and not has and new and change is not None and change.after:
        text = "may not be used by the account's own policies any more, and nobody may correct it"
        yield finding("interrupt", change, text)


def _in_short(texts: list[str]) -> list[str]:
    """All that a new role may do as one text; wildcards stay alone."""
    wild = [text for text in texts if text.startswith(_WILDCARD)]
    plain = [text.removeprefix("may ") for text in texts if not text.startswith(_WILDCARD)]
    return [*wild, f"is new and may {joined(plain, most=4)}"] if plain else wild


def _grouped(granted: list[Permission], subject: Subject) -> list[str]:
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
    for change in comparison.of_type(*OWNERS.values()):
        stack = change.key[0]
        old = change.before.get("Properties", {})
        new = change.after.get("Properties", {})
        had = {comparison.old.text(stack, arn) for arn in old.get("ManagedPolicyArns", [])}
        has = {comparison.new.text(stack, arn) for arn in new.get("ManagedPolicyArns", [])}
        texts = [f"gets the managed policy {arn}" for arn in sorted(has - had)]
        bounded = change.after and old.get("PermissionsBoundary") is not None
        if bounded and old["PermissionsBoundary"] != new.get("PermissionsBoundary"):
            texts.append("has another permissions boundary, or none")
        for text in texts:
            yield finding("iam", change, text)


def _identities(comparison: Comparison) -> Iterator[Finding]:
    for change in comparison.of_type(*_IDENTITIES):
        if not (change.before and change.after):
            continue
        for difference in change.differences:
            # a role that is made anew is compared by itself
            if difference.because is None and difference.place.startswith(_IDENTITIES[change.type]):
                text = comparison.texts(change, (difference,))
                yield finding("iam", change, f"runs under another identity: {text}")
