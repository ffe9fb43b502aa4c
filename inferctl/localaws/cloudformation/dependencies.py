"""Which resource needs which: references, attributes, substitutions and DependsOn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from graphlib import CycleError, TopologicalSorter
from typing import Any

from .errors import CloudFormationError
from .intrinsics import Resolver
from .values import as_list

Graph = dict[str, frozenset[str]]
_SUB_NAME = re.compile(r"\$\{([^!}][^}]*)\}")


def active_resources(resolver: Resolver) -> dict[str, dict[str, Any]]:
    """The declarations whose condition holds."""
    return {
        name: declaration
        for name, declaration in resolver.scope.template.resources.items()
        if "Condition" not in declaration or resolver.condition(declaration["Condition"])
    }


def dependency_graph(declarations: Mapping[str, Mapping[str, Any]]) -> Graph:
    """The direct needs of each resource; raises `CloudFormationError` on a cycle."""
    graph: Graph = {}
    for name, declaration in declarations.items():
        needs = set(_references(declaration.get("Properties", {})))
        needs |= set(as_list(declaration.get("DependsOn", [])))
        graph[name] = frozenset(needs & declarations.keys()) - {name}
    topological_order(graph)
    return graph


def topological_order(graph: Mapping[str, Set[str]]) -> list[str]:
    """Names with their needs first, otherwise in the given order."""
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise CloudFormationError(
            f"Template error: Circular dependency between resources: {sorted(set(error.args[1]))}"
        ) from error


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref" and isinstance(value, str):
                yield value
            elif key == "Fn::GetAtt":
                yield value.split(".")[0] if isinstance(value, str) else str(value[0])
            elif key == "Fn::Sub":
                text = value if isinstance(value, str) else value[0]
                yield from (match.split(".")[0].strip() for match in _SUB_NAME.findall(text))
                yield from _references(value)
            else:
                yield from _references(value)
