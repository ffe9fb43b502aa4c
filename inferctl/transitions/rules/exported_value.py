"""An export that a deployed stack imports is neither removed nor changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from inferctl.transitions.plan import TwoStepPlan
from inferctl.transitions.replacement import replaced
from inferctl.transitions.templates import Change, Template, targets, text

_SOURCE: Final = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html"
)


def exported_values(change: Change) -> Iterator[TwoStepPlan]:
    """A plan for each stack whose exports others still hold on to."""
    there = {name for template in change.before.values() for name in exports(template)}
    for stack in change.updated():
        before, after = exports(stack.before), exports(stack.after)
        removed = before.keys() - after.keys()
        anew = replaced(stack)
        changed = {
            name for name in before.keys() & after.keys() if targets(after[name]["Value"]) & anew
        }
        for importer, template in change.before.items():
            held = imports(template)
            if held & changed:
                yield _plan(stack.name, importer, held & changed, "changed", _rebuild(importer))
                continue
            if not held & removed or importer == stack.name:
                continue
            if importer not in change.after:
                steps = _destroy(importer)
            elif imports(change.after[importer]) <= there - removed:
                steps = _importer_first(importer)
            else:
                steps = _keep(stack.name, held & removed)
            yield _plan(stack.name, importer, held & removed, "removed", steps)


def exports(template: Template) -> dict[str, Mapping[str, Any]]:
    """The outputs of a template that it exports, by the export's name."""
    outputs: Mapping[str, Mapping[str, Any]] = template.get("Outputs", {})
    return {text(one["Export"]["Name"]): one for one in outputs.values() if "Export" in one}


def imports(value: Any) -> frozenset[str]:
    """The names of the exports that ``value`` imports anywhere."""
    if isinstance(value, Mapping):
        here = {text(value["Fn::ImportValue"])} if "Fn::ImportValue" in value else set()
        return frozenset(here).union(*(imports(item) for item in value.values()))
    if isinstance(value, list):
        return frozenset().union(*(imports(item) for item in value))
    return frozenset()


def _plan(
    stack: str, importer: str, held: frozenset[str] | set[str], verb: str, steps: tuple[str, ...]
) -> TwoStepPlan:
    return TwoStepPlan(
        stack=stack,
        logical_id=sorted(name.rpartition(":")[2] for name in held)[0],
        resource_type="AWS::CloudFormation::Stack",
        reason=f"{len(held)} of its exports that {importer} imports would be {verb}, which"
        " CloudFormation refuses while the importing stack is deployed as it is",
        steps=steps,
        source=_SOURCE,
    )


def _destroy(importer: str) -> tuple[str, ...]:
    return (
        f"`cdk destroy {importer}` with the platform file as it was: the new one has no such"
        " stack, and deploying leaves it where it is",
        "deploy all with the new platform file",
    )


def _importer_first(importer: str) -> tuple[str, ...]:
    return (
        f"`cdk deploy --exclusively {importer}`: its new template does without them",
        "deploy all",
    )


def _keep(stack: str, held: frozenset[str]) -> tuple[str, ...]:
    return (
        f"keep the exports with `Stack.export_value` in {stack} and deploy all:"
        f" {', '.join(sorted(held))}",
        "take `export_value` away and deploy all",
    )


def _rebuild(importer: str) -> tuple[str, ...]:
    return (
        f"`cdk destroy {importer}` with the platform file as it was; what it serves stops",
        "deploy all with the new platform file",
    )
