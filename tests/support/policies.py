"""What the policies of a synthesized template allow, decided as IAM does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Request:
    """One API call as IAM sees it; ``context`` are the condition keys that the call brings."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Policies:
    """Statements of one role, with tokens flattened to ``<LogicalId.Attribute>`` or replaced."""

    statements: tuple[Mapping[str, Any], ...]

    def allows(self, request: Request) -> bool:
        matching = {s["Effect"] for s in self.statements if _matches(s, request)}
        return matching == {"Allow"}

    def actions(self) -> set[str]:
        return {a for s in self.statements if s["Effect"] == "Allow" for a in _list(s["Action"])}

    def used_by(self, requests: set[str]) -> set[str]:
        """Allowed actions that nothing in ``requests`` asked for."""
        return self.actions() - requests


def policies_of(template: Mapping[str, Any], role: str, known: Mapping[str, str]) -> Policies:
    """The identity policies of the role whose logical id begins with ``role``."""
    statements: list[Mapping[str, Any]] = []
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] != "AWS::IAM::Policy":
            continue
        if not any(flat(name, {}).startswith(f"<{role}") for name in properties["Roles"]):
            continue
        for statement in properties["PolicyDocument"]["Statement"]:
            resources = [flat(one, known) for one in _list(statement["Resource"])]
            statements.append({**statement, "Resource": resources})
    assert statements, role
    return Policies(tuple(statements))


def flat(node: Any, known: Mapping[str, str]) -> str:
    """A resolved value as text; ``known`` replaces whole tokens."""
    if isinstance(node, str):
        return node
    ((function, argument),) = node.items()
    if function == "Fn::Join":
        return str(argument[0]).join(flat(item, known) for item in argument[1])
    if function == "Fn::GetAtt":
        token = f"<{argument[0]}.{argument[1]}>"
    elif function in ("Ref", "Fn::ImportValue"):
        token = f"<{argument}>"
    else:
        assert function == "Fn::Sub", node
        token = argument
    return known.get(token, token)


def _matches(statement: Mapping[str, Any], request: Request) -> bool:
    return (
        request.action in _list(statement["Action"])
        and any(fnmatchcase(request.resource, pattern) for pattern in statement["Resource"])
        and all(_conditions(statement.get("Condition", {}), request.context))
    )


def _conditions(conditions: Mapping[str, Any], context: Mapping[str, str]) -> Iterator[bool]:
    for operator, wanted in conditions.items():
        assert operator in ("StringLike", "StringLikeIfExists"), operator
        for key, patterns in wanted.items():
            if key not in context:
                yield operator.endswith("IfExists")
            else:
                yield any(fnmatchcase(context[key], pattern) for pattern in _list(patterns))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
