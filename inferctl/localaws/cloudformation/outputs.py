"""Outputs and exports, with the lock that imports put on them."""

from __future__ import annotations

from collections.abc import Iterable

from .errors import CloudFormationError
from .intrinsics import Resolver
from .model import Output, Stack
from .store import Store


def evaluate_outputs(resolver: Resolver) -> tuple[Output, ...]:
    """Every output whose condition holds, in the order of the template."""
    found: list[Output] = []
    for key, declaration in resolver.scope.template.section("Outputs").items():
        if "Condition" in declaration and not resolver.condition(declaration["Condition"]):
            continue
        export = declaration.get("Export")
        found.append(
            Output(
                key=key,
                value=resolver.text(declaration["Value"]),
                description=declaration.get("Description"),
                export=resolver.text(export["Name"]) if export else None,
            )
        )
    return tuple(found)


def check_exports(stack: Stack, outputs: Iterable[Output], store: Store) -> None:
    """Refuse to take or change an export in use, or a name that another stack exports.

    The texts are CloudFormation's own; raises `CloudFormationError`.
    """
    wanted = {output.export: output.value for output in outputs if output.export}
    for output in stack.outputs:
        if output.export is None or wanted.get(output.export) == output.value:
            continue
        users = [
            name for name in store.importers(output.export, stack.region) if name != stack.name
        ]
        if users:
            verb = "updated" if output.export in wanted else "deleted"
            raise CloudFormationError(
                f"Export {output.export} cannot be {verb} as it is in use by {', '.join(users)}"
            )
    for other, output in store.exports(stack.region):
        if other is not stack and output.export in wanted:
            raise CloudFormationError(
                f"Export with name {output.export} is already exported by stack {other.name}"
            )
