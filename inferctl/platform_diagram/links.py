"""The arrows of the picture: which box needs which, through roles, policies and imports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inferctl.platform_diagram.boxes import Box, Template

Node = tuple[str, str]  # stack, logical id
# what nearly everything needs says nothing; what joins two boxes is drawn through
_UNSAID = {"AWS::KMS::Key", "AWS::EC2::SecurityGroup", "AWS::Logs::LogGroup"}


@dataclass(frozen=True, order=True)
class Link:
    """``source`` refers to ``target``; both are positions in the list of boxes."""

    source: int
    target: int


def links(templates: Mapping[str, Template], boxes: Sequence[Box]) -> tuple[Link, ...]:
    """Each pair of boxes where one refers to the other with no box between them."""
    owner = {
        (box.stack, member): index for index, box in enumerate(boxes) for member in box.members
    }
    graph = _graph(templates)
    types = {
        (stack, name): resource["Type"]
        for stack, template in templates.items()
        for name, resource in template.get("Resources", {}).items()
    }
    found = set()
    for index, box in enumerate(boxes):
        for member in box.members:
            for reached in _reach((box.stack, member), graph, owner, types):
                if reached != index:
                    found.add(Link(index, reached))
    return tuple(sorted(_without_detours(found)))


def _without_detours(found: set[Link]) -> set[Link]:
    """Drops a link that two others make as well, unless one of them goes in circles."""
    targets: dict[int, set[int]] = {}
    for link in found:
        targets.setdefault(link.source, set()).add(link.target)
    return {
        link
        for link in found
        if not any(
            link.target in targets.get(middle, set())
            and link.source not in targets[middle]
            and middle not in targets.get(link.target, set())
            for middle in targets[link.source] - {link.target}
        )
    }


def _reach(
    start: Node, graph: Mapping[Node, set[Node]], owner: Mapping[Node, int], types: dict[Node, str]
) -> Iterator[int]:
    seen, waiting = {start}, [start]
    while waiting:
        for node in graph.get(waiting.pop(), ()):
            if node in seen or types.get(node) in _UNSAID:
                continue
            seen.add(node)
            if node in owner:
                yield owner[node]
            else:
                waiting.append(node)


def _graph(templates: Mapping[str, Template]) -> dict[Node, set[Node]]:
    exports = {
        output["Export"]["Name"]: (stack, output["Value"])
        for stack, template in templates.items()
        for output in template.get("Outputs", {}).values()
        if isinstance(output.get("Export", {}).get("Name"), str)
    }
    graph: dict[Node, set[Node]] = {}
    for stack, template in templates.items():
        for name, resource in template.get("Resources", {}).items():
            body = [resource.get("Properties", {}), _depends(resource)]
            for node in _references(stack, body, exports):
                graph.setdefault((stack, name), set()).add(node)
            if resource["Type"] == "AWS::IAM::Policy":
                # a role is given its rights by a policy that refers to it
                for role in _references(stack, resource["Properties"].get("Roles", []), exports):
                    graph.setdefault(role, set()).add((stack, name))
    return graph


def _depends(resource: Mapping[str, Any]) -> list[dict[str, str]]:
    names = resource.get("DependsOn", [])
    return [{"Ref": name} for name in ([names] if isinstance(names, str) else names)]


def _references(stack: str, value: Any, exports: Mapping[str, tuple[str, Any]]) -> Iterator[Node]:
    if isinstance(value, list):
        for each in value:
            yield from _references(stack, each, exports)
    elif isinstance(value, dict):
        if isinstance(value.get("Ref"), str):
            yield stack, value["Ref"]
        attribute = value.get("Fn::GetAtt")
        if attribute:
            yield stack, attribute[0] if isinstance(attribute, list) else attribute.split(".")[0]
        imported = value.get("Fn::ImportValue")
        if isinstance(imported, str) and imported in exports:
            other, exported = exports[imported]
            yield from _references(other, exported, exports)
        for each in value.values():
            yield from _references(stack, each, exports)
