"""A new resource cannot have the name of one that CloudFormation deletes only afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from inferctl.transitions.create_only import NAME_OF
from inferctl.transitions.plan import TwoStepPlan
from inferctl.transitions.replacement import replaced
from inferctl.transitions.templates import Change, Template, properties, resources, text

_SOURCE: Final = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html"
)


def taken_names(change: Change) -> Iterator[TwoStepPlan]:
    """A plan for each resource that is created while another still has its name."""
    for stack in change.updated():
        before, after = _named(stack.before), _named(stack.after)
        made = (after.keys() - before.keys()) | (replaced(stack) & after.keys())
        holders = {named: name for name, named in before.items()}
        for name in sorted(made):
            kind, title = after[name]
            holder = holders.get((kind, title))
            if holder is None:
                continue
            whose = "the one that it replaces" if holder == name else holder
            yield TwoStepPlan(
                stack=stack.name,
                logical_id=name,
                resource_type=kind,
                reason=f"the name {title} is that of {whose}, which CloudFormation deletes only"
                " after it has created the new one",
                steps=(
                    f"deploy without {holder} and all that refers to it, or with another"
                    f" {NAME_OF[kind]} for {name}",
                    f"deploy with {name} under its name",
                ),
                source=_SOURCE,
            )


def _named(template: Template) -> dict[str, tuple[str, str]]:
    """Type and name of every resource that has a name of its own."""
    return {
        name: (resource["Type"], text(properties(resource)[NAME_OF[resource["Type"]]]))
        for name, resource in resources(template).items()
        if NAME_OF.get(resource["Type"]) in properties(resource)
    }
