"""Deletes sets of resources, dependants first, honouring the deletion policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .model import LiveResource, Stack
from .scheduler import run_graph
from .store import Store
from .worker import Worker


def remove_resources(
    stack: Stack,
    resources: Sequence[LiveResource],
    worker: Worker,
    store: Store,
    *,
    is_retained: Callable[[LiveResource], bool],
) -> dict[str, str]:
    """Delete ``resources``; the answer maps the logical id of each failed one to the reason.

    A resource is deleted only after all that depend on it are gone; behind a failure nothing is
    deleted. One logical id may occur more than once: replaced resources keep theirs.
    """
    items = {f"{index}": resource for index, resource in enumerate(resources)}
    needs = {
        key: frozenset(
            other
            for other, dependant in items.items()
            if other != key and resource.logical_id in dependant.dependencies
        )
        for key, resource in items.items()
    }

    def remove(key: str) -> None:
        resource = items[key]
        if not resource.physical_id:
            _drop(stack, resource)
            return
        if is_retained(resource):
            stack.record_resource(resource, "DELETE_SKIPPED", None)
            store.retained.append((stack.name, resource))
            _drop(stack, resource)
            return
        stack.record_resource(resource, "DELETE_IN_PROGRESS", None)
        try:
            worker.delete(stack, resource)
        except Exception as error:
            stack.record_resource(resource, "DELETE_FAILED", str(error))
            raise
        stack.record_resource(resource, "DELETE_COMPLETE", None)
        _drop(stack, resource)

    outcome = run_graph(needs, remove, stop_on_failure=False)
    return {items[key].logical_id: str(error) for key, error in outcome.failed.items()}


def _drop(stack: Stack, resource: LiveResource) -> None:
    if stack.resources.get(resource.logical_id) is resource:
        del stack.resources[resource.logical_id]
