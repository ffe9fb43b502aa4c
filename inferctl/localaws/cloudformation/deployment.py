"""Brings one stack to a target, resource by resource, and remembers how to go back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from inferctl.transitions.create_only import CREATE_ONLY, NAME_OF

from .dependencies import active_resources, dependency_graph
from .errors import CloudFormationError, ResourceFailedError
from .intrinsics import Resolver
from .model import LiveResource, Stack, Target
from .resources import resource_type
from .resources.base import changed_names
from .scheduler import Outcome, run_graph
from .scope import Scope
from .store import Store
from .worker import Worker

_NEW_PHYSICAL = (
    "Requested update requires the creation of a new physical resource; hence creating one."
)
# docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
_NAMED = (
    "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename"
    " {} and update the stack again."
)


def scope_of(
    stack: Stack,
    target: Target,
    store: Store,
    resources: Mapping[str, LiveResource] | None = None,
) -> Scope:
    """What the expressions of ``target`` see while ``stack`` is being deployed."""
    return Scope(
        template=target.template,
        parameters=target.parameters,
        resources=stack.resources if resources is None else resources,
        others=store,
        stack_name=stack.name,
        stack_id=stack.id,
        region=stack.region,
        account=stack.account,
        notification_arns=target.notification_arns,
    )


def declared(
    name: str, declaration: Mapping[str, Any], needs: frozenset[str], properties: dict[str, Any]
) -> LiveResource:
    """The resource that a declaration asks for, before it has a physical id."""
    return LiveResource(
        logical_id=name,
        type=declaration["Type"],
        physical_id="",
        properties=properties,
        dependencies=needs,
        deletion_policy=declaration.get("DeletionPolicy", "Delete"),
        update_replace_policy=declaration.get("UpdateReplacePolicy", "Delete"),
        metadata=declaration.get("Metadata"),
    )


class Deployment:
    """One pass over a stack.

    ``before`` is what to go back to; ``superseded`` are old resources that a success leaves to
    clean up; ``debris`` are new ones that a failure leaves to clean up.
    """

    def __init__(self, stack: Stack, target: Target, store: Store, worker: Worker) -> None:
        self.stack = stack
        self.before = dict(stack.resources)
        self.superseded: list[LiveResource] = []
        self.debris: list[LiveResource] = []
        self._worker = worker
        self.resolver = Resolver(scope_of(stack, target, store))
        # conditions are evaluated once, here: the threads below only look them up
        for name in target.template.section("Conditions"):
            self.resolver.condition(name)
        self.declarations = active_resources(self.resolver)
        self.graph = dependency_graph(self.declarations)

    def run(self) -> Outcome:
        """Create and update until done or until something failed."""
        return run_graph(self.graph, self._bring, stop_on_failure=True)

    def removed(self) -> list[LiveResource]:
        """Live resources that the target no longer declares."""
        return [
            live for name, live in self.stack.resources.items() if name not in self.declarations
        ]

    def added(self) -> list[LiveResource]:
        """Live resources, even half-made ones, that were not there before."""
        return [live for name, live in self.stack.resources.items() if name not in self.before]

    def _bring(self, name: str) -> None:
        declaration = self.declarations[name]
        live = self.stack.resources.get(name)
        try:
            properties = self.resolver.value(declaration.get("Properties", {}))
        except (CloudFormationError, ResourceFailedError) as error:
            failed = live or declared(name, declaration, self.graph[name], {})
            self.stack.record_resource(failed, f"{_verb(live)}_FAILED", str(error))
            raise
        wanted = declared(name, declaration, self.graph[name], properties)
        if live is None or live.status == "CREATE_FAILED":
            if live is not None and live.physical_id:
                self.superseded.append(live)
            self._create(wanted)
            return
        if live.type != wanted.type:
            reason = f"Update of resource type is not permitted: {live.type} to {wanted.type}"
            self.stack.record_resource(live, "UPDATE_FAILED", reason)
            raise ResourceFailedError(reason)
        changed = changed_names(live.properties, properties)
        if not changed and live.status != "UPDATE_FAILED":
            self.stack.resources[name] = replace(
                wanted,
                physical_id=live.physical_id,
                attributes=live.attributes,
                status=live.status,
                reason=live.reason,
                changed=live.changed,
            )
        elif resource_type(wanted.type).replaces(changed):
            self._replace(live, wanted)
        else:
            self._update(live, wanted)

    def _create(self, wanted: LiveResource) -> None:
        self.stack.resources[wanted.logical_id] = wanted
        self.stack.record_resource(wanted, "CREATE_IN_PROGRESS", None)
        self._make(wanted, "CREATE")

    def _replace(self, live: LiveResource, wanted: LiveResource) -> None:
        name = _kept_name(live, wanted)
        if name is not None:
            reason = _NAMED.format(name)
            self.stack.record_resource(live, "UPDATE_FAILED", reason)
            raise ResourceFailedError(reason)
        self.stack.record(
            live.logical_id, live.physical_id, live.type, "UPDATE_IN_PROGRESS", _NEW_PHYSICAL
        )
        try:
            self._make(wanted, "UPDATE")
        except Exception:
            if wanted.physical_id:
                self.debris.append(wanted)
            raise
        if wanted.physical_id != live.physical_id:
            self.superseded.append(live)
        self.stack.resources[wanted.logical_id] = wanted

    def _make(self, wanted: LiveResource, verb: str) -> None:
        def announce(physical_id: str) -> None:
            wanted.physical_id = physical_id

        try:
            made = self._worker.create(self.stack, wanted, announce)
        except Exception as error:
            self.stack.record_resource(wanted, f"{verb}_FAILED", str(error))
            raise
        wanted.physical_id, wanted.attributes = made.physical_id, dict(made.attributes)
        self.stack.record_resource(wanted, f"{verb}_COMPLETE", None)

    def _update(self, live: LiveResource, wanted: LiveResource) -> None:
        wanted.physical_id, wanted.attributes = live.physical_id, live.attributes
        # even a failed update may have changed something: going back starts from what was tried
        self.stack.resources[wanted.logical_id] = wanted
        self.stack.record_resource(wanted, "UPDATE_IN_PROGRESS", None)
        try:
            made = self._worker.update(self.stack, live, wanted.properties)
        except Exception as error:
            self.stack.record_resource(wanted, "UPDATE_FAILED", str(error))
            raise
        wanted.physical_id, wanted.attributes = made.physical_id, dict(made.attributes)
        if made.physical_id != live.physical_id:
            self.superseded.append(live)
        self.stack.record_resource(wanted, "UPDATE_COMPLETE", None)


def _kept_name(live: LiveResource, wanted: LiveResource) -> str | None:
    """The name that a resource has of its own and keeps, where AWS would have to replace it."""
    title = NAME_OF.get(wanted.type, "")
    changed = changed_names(live.properties, wanted.properties)
    if title in changed or not changed & CREATE_ONLY.get(wanted.type, frozenset()):
        return None
    return wanted.properties.get(title)


def _verb(live: LiveResource | None) -> str:
    return "CREATE" if live is None else "UPDATE"
