"""A logical id cannot become a resource of another type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from inferctl.transitions.plan import TwoStepPlan
from inferctl.transitions.templates import Change, resources

_SOURCE: Final = "https://github.com/aws/aws-sam-cli/issues/6786"


def changed_types(change: Change) -> Iterator[TwoStepPlan]:
    """A plan for each resource whose id stays and whose type does not."""
    for stack in change.updated():
        after = resources(stack.after)
        for name, resource in resources(stack.before).items():
            old = resource["Type"]
            new = after[name]["Type"] if name in after else old
            if new != old:
                yield TwoStepPlan(
                    stack=stack.name,
                    logical_id=name,
                    resource_type=old,
                    reason=f"the id belongs to {new} after the change: CloudFormation updates no"
                    " resource to another type",
                    steps=(
                        f"deploy without {name} and all that refers to it",
                        f"deploy with {name} as {new}",
                    ),
                    source=_SOURCE,
                )
