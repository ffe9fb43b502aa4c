"""Takes the resources of a failed update back to what they were."""

from __future__ import annotations

from dataclasses import replace

from .deployment import Deployment
from .model import LiveResource
from .resources import is_custom
from .scheduler import Outcome, run_graph
from .worker import Worker


def roll_back(deployment: Deployment, worker: Worker) -> Outcome:
    """Restore every resource of ``deployment.before`` that was touched.

    A replaced resource is simply taken up again, because the old one still exists. An updated one,
    and one whose update failed, is updated back to its old properties. What is left over lands in
    ``deployment.debris``.
    """
    stack, before = deployment.stack, deployment.before

    def restore(name: str) -> None:
        old, live = before[name], stack.resources[name]
        same_id = live.physical_id == old.physical_id
        if same_id and live.properties == old.properties:
            stack.resources[name] = old
        elif not same_id and not is_custom(old.type):
            deployment.debris.append(live)
            stack.resources[name] = old
            stack.record_resource(old, "UPDATE_COMPLETE", None)
        else:
            _update_back(deployment, worker, old, live)

    needs = {name: resource.dependencies for name, resource in before.items()}
    outcome = run_graph(needs, restore, stop_on_failure=True)
    # what a custom resource's answer to the update back did not take up again stays to be deleted
    deployment.debris += [
        old
        for old in deployment.superseded
        if stack.resources[old.logical_id].physical_id != old.physical_id
    ]
    return outcome


def _update_back(
    deployment: Deployment, worker: Worker, old: LiveResource, live: LiveResource
) -> None:
    stack = deployment.stack
    stack.record_resource(live, "UPDATE_IN_PROGRESS", None)
    try:
        made = worker.update(stack, live, old.properties)
    except Exception as error:
        stack.record_resource(live, "UPDATE_FAILED", str(error))
        raise
    if made.physical_id != live.physical_id:
        deployment.debris.append(live)
    restored = replace(old, physical_id=made.physical_id, attributes=dict(made.attributes))
    stack.resources[old.logical_id] = restored
    stack.record_resource(restored, "UPDATE_COMPLETE", None)
