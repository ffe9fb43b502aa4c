"""What an operation would do to a stack: the checks before it, and a change set's changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .dependencies import active_resources, dependency_graph, topological_order
from .deployment import declared, scope_of
from .errors import CloudFormationError, NotEmulatedError
from .intrinsics import Resolver
from .model import LiveResource, Stack, Target
from .outputs import evaluate_outputs
from .parameters import check_rules
from .resources import is_custom, resource_type
from .resources.base import changed_names
from .scope import UNKNOWN
from .store import Store


def plan_changes(stack: Stack, target: Target, store: Store) -> list[dict[str, Any]]:
    """The changes that bring ``stack`` to ``target``; none at all when there is nothing to do.

    Raises `CloudFormationError`: unknown types and properties (all of them in one message),
    references to nothing, cycles, broken rules.
    """
    return _Plan(stack, target, store).changes()


class _Plan:
    def __init__(self, stack: Stack, target: Target, store: Store) -> None:
        self._stack, self._target = stack, target
        self._unknown: set[str] = set()
        scope = replace(scope_of(stack, target, store), is_unknown=self._unknown.__contains__)
        self._resolver = Resolver(scope)
        check_rules(self._resolver)
        self._declarations = active_resources(self._resolver)
        _check_emulated(self._declarations)
        self._graph = dependency_graph(self._declarations)
        self._unknown |= self._declarations.keys() - stack.resources.keys()

    def changes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for name in topological_order(self._graph):
            declaration = self._declarations[name]
            properties = self._resolver.value(declaration.get("Properties", {}))
            wanted = declared(name, declaration, self._graph[name], properties)
            live = self._stack.resources.get(name)
            if live is None:
                found.append(_change("Add", wanted, {"AfterContext": _context(wanted)}))
            else:
                found += self._modification(live, wanted)
        for name, live in self._stack.resources.items():
            if name not in self._declarations:
                retained = live.retained_on_delete
                found.append(
                    _change(
                        "Remove",
                        live,
                        {
                            "PolicyAction": "Retain" if retained else "Delete",
                            "BeforeContext": _context(live),
                        },
                    )
                )
        outputs = evaluate_outputs(self._resolver)
        if not found and outputs == self._stack.outputs and self._same_settings():
            return []
        return found or [_change_of_outputs(self._stack)]

    def _same_settings(self) -> bool:
        current = self._stack.target
        return (
            current is not None
            and current.tags == self._target.tags
            and current.notification_arns == self._target.notification_arns
        )

    def _modification(self, live: LiveResource, wanted: LiveResource) -> list[dict[str, Any]]:
        changed = changed_names(live.properties, wanted.properties)
        scope = ["Properties"] if changed else []
        if live.metadata != wanted.metadata:
            scope.append("Metadata")
        for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
            if _policy(live, attribute) != _policy(wanted, attribute):
                scope.append(attribute)
        if not scope and not live.status.endswith("_FAILED"):
            return []
        kind = resource_type(wanted.type)
        replaced = bool(changed) and (live.type != wanted.type or kind.replaces(changed))
        if replaced or (changed and is_custom(wanted.type)):
            self._unknown.add(wanted.logical_id)
        details = [
            _detail(
                name,
                live.properties.get(name),
                wanted.properties.get(name),
                recreates=kind.replaces({name}),
            )
            for name in sorted(changed)
        ]
        return [
            _change(
                "Modify",
                replace(wanted, physical_id=live.physical_id),
                {
                    "Replacement": "True" if replaced else "False",
                    "Scope": scope,
                    "Details": details,
                    "BeforeContext": _context(live),
                    "AfterContext": _context(wanted),
                },
            )
        ]


def _policy(resource: LiveResource, attribute: str) -> str:
    deletion = attribute == "DeletionPolicy"
    return resource.deletion_policy if deletion else resource.update_replace_policy


def _check_emulated(declarations: Mapping[str, Mapping[str, Any]]) -> None:
    problems: list[str] = []
    for name, declaration in declarations.items():
        kind = declaration["Type"]
        try:
            found = resource_type(kind).unknown(kind, declaration.get("Properties", {}))
        except NotEmulatedError as error:
            found = [str(error)]
        problems += [f"{problem} (resource {name})" for problem in found]
    if problems:
        raise CloudFormationError("Template format error: " + "; ".join(problems))


def _context(resource: LiveResource) -> str:
    return json.dumps({"Properties": resource.properties})


def _change(action: str, resource: LiveResource, more: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Resource",
        "ResourceChange": {
            "Action": action,
            "LogicalResourceId": resource.logical_id,
            "PhysicalResourceId": resource.physical_id or None,
            "ResourceType": resource.type,
            "Scope": [],
            "Details": [],
            **more,
        },
    }


def _change_of_outputs(stack: Stack) -> dict[str, Any]:
    return {
        "Type": "Resource",
        "ResourceChange": {
            "Action": "Modify",
            "LogicalResourceId": stack.name,
            "ResourceType": "AWS::CloudFormation::Stack",
            "Replacement": "False",
            "Scope": ["Tags"],
            "Details": [],
        },
    }


def _detail(name: str, before: Any, after: Any, *, recreates: bool) -> dict[str, Any]:
    return {
        "Target": {
            "Attribute": "Properties",
            "Name": name,
            "RequiresRecreation": "Always" if recreates else "Never",
            "Path": f"/Properties/{name}",
            "BeforeValue": _value(before),
            "AfterValue": _value(after),
            "AttributeChangeType": _kind(before, after),
        },
        "Evaluation": "Dynamic" if UNKNOWN in json.dumps(after) else "Static",
        "ChangeSource": "DirectModification",
    }


def _kind(before: Any, after: Any) -> str:
    if before is None:
        return "Add"
    return "Remove" if after is None else "Modify"


def _value(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
