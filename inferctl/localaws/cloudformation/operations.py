"""Stack operations in the background: create, update and delete, with the statuses of AWS."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection

from .deployment import Deployment
from .errors import CloudFormationError, ResourceFailedError
from .model import RETAIN, LiveResource, Stack, Target, now
from .outputs import check_exports, evaluate_outputs
from .removal import remove_resources
from .rollback import roll_back
from .scheduler import Outcome
from .store import Store
from .worker import Worker


class Operations:
    """Starts operations; each runs in its own thread and ends in a status, never in an error."""

    def __init__(self, store: Store, worker: Worker) -> None:
        self._store = store
        self._worker = worker
        self._unfinished: dict[str, Deployment] = {}

    def deploy(
        self, stack: Stack, target: Target, *, disable_rollback: bool, on_failure: str = "ROLLBACK"
    ) -> None:
        """Create ``stack``, or update it when it exists."""
        verb = "UPDATE" if stack.exists else "CREATE"
        stack.disable_rollback = disable_rollback or on_failure == "DO_NOTHING"
        self._start(
            stack,
            f"{verb}_IN_PROGRESS",
            lambda: self._deploy(stack, target, verb, on_failure),
        )

    def delete(self, stack: Stack, *, keep: Collection[str] = ()) -> None:
        """Delete ``stack``; ``keep`` names resources of a stack that failed to delete before."""
        self._start(stack, "DELETE_IN_PROGRESS", lambda: self._delete(stack, keep))

    def roll_back(self, stack: Stack) -> None:
        """Take a stack back that failed with rollback disabled, or whose rollback failed."""
        deployment = self._unfinished.get(stack.id)
        if stack.status == "CREATE_FAILED":
            self._start(stack, "ROLLBACK_IN_PROGRESS", lambda: self._unmake(stack, "ROLLBACK"))
        elif stack.status in ("UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED") and deployment is not None:
            self._start(
                stack,
                "UPDATE_ROLLBACK_IN_PROGRESS",
                lambda: self._roll_back(stack, deployment),
            )
        else:
            raise CloudFormationError(
                f"Stack:{stack.id} is in {stack.status} state and can not be rolled back."
            )

    def _start(self, stack: Stack, status: str, work: Callable[[], None]) -> None:
        with self._store.changed:
            if stack.in_progress:
                raise CloudFormationError(
                    f"Stack:{stack.id} is in {stack.status} state and can not be updated."
                )
            stack.operation_id = str(uuid.uuid4())
            if status == "UPDATE_IN_PROGRESS":
                stack.updated = now()
            stack.set_status(status, "User Initiated")
        threading.Thread(target=self._run, args=(stack, work), daemon=True).start()

    def _run(self, stack: Stack, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            # a fault of the emulator itself must end the operation, or the CLI waits for ever
            stack.set_status(
                stack.status.replace("_IN_PROGRESS", "_FAILED").replace("_COMPLETE_CLEANUP", ""),
                f"internal failure: {type(error).__name__}: {error}",
            )
            raise
        finally:
            with self._store.changed:
                self._store.changed.notify_all()

    def _deploy(self, stack: Stack, target: Target, verb: str, on_failure: str) -> None:
        deployment: Deployment | None = None
        try:
            deployment = Deployment(stack, target, self._store, self._worker)
            _raise_failed(deployment.run(), "create" if verb == "CREATE" else "update")
            outputs = evaluate_outputs(deployment.resolver)
            check_exports(stack, outputs, self._store)
        except (CloudFormationError, ResourceFailedError) as error:
            self._fail(stack, target, deployment, verb, str(error), on_failure)
            return
        stack.outputs, stack.target = outputs, target
        stack.imports = frozenset(deployment.resolver.imports)
        left = deployment.removed()
        if verb == "UPDATE":
            stack.set_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._remove(stack, deployment.superseded, lambda old: old.update_replace_policy)
            self._remove(stack, left, lambda old: old.deletion_policy)
        stack.set_status(f"{verb}_COMPLETE")

    def _fail(
        self,
        stack: Stack,
        target: Target,
        deployment: Deployment | None,
        verb: str,
        reason: str,
        on_failure: str,
    ) -> None:
        if deployment is not None:
            self._unfinished[stack.id] = deployment
        if stack.disable_rollback:
            # the target of an update stays the old one: that is where a rollback leads
            stack.target = stack.target or target
            stack.set_status(f"{verb}_FAILED", reason)
        elif verb == "CREATE":
            stack.target = target
            stack.set_status("ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.")
            self._unmake(stack, on_failure)
        else:
            stack.set_status("UPDATE_ROLLBACK_IN_PROGRESS", reason)
            if deployment is not None:
                self._roll_back(stack, deployment)
            else:
                stack.set_status("UPDATE_ROLLBACK_COMPLETE")

    def _unmake(self, stack: Stack, on_failure: str) -> None:
        resources = list(stack.resources.values())
        failed = self._remove(stack, resources, _policy_when_new)
        if failed:
            stack.set_status("ROLLBACK_FAILED", _failed_text(failed, "delete"))
        elif on_failure == "DELETE":
            stack.deleted = now()
            stack.set_status("DELETE_COMPLETE")
        else:
            stack.set_status("ROLLBACK_COMPLETE")

    def _roll_back(self, stack: Stack, deployment: Deployment) -> None:
        try:
            _raise_failed(roll_back(deployment, self._worker), "update")
        except ResourceFailedError as error:
            stack.set_status("UPDATE_ROLLBACK_FAILED", str(error))
            return
        stack.set_status("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self._remove(stack, [*deployment.added(), *deployment.debris], _policy_when_new)
        stack.set_status("UPDATE_ROLLBACK_COMPLETE")

    def _delete(self, stack: Stack, keep: Collection[str]) -> None:
        for output in stack.outputs:
            users = self._store.importers(output.export, stack.region) if output.export else []
            if users:
                stack.set_status(
                    "DELETE_FAILED",
                    f"Delete canceled. Cannot delete export {output.export} as it is in use"
                    f" by {', '.join(users)}.",
                )
                return
        failed = self._remove(
            stack,
            list(stack.resources.values()),
            lambda old: "Retain" if old.logical_id in keep else old.deletion_policy,
        )
        if failed:
            stack.set_status("DELETE_FAILED", _failed_text(failed, "delete"))
            return
        stack.deleted = now()
        stack.set_status("DELETE_COMPLETE")

    def _remove(
        self,
        stack: Stack,
        resources: list[LiveResource],
        policy: Callable[[LiveResource], str],
    ) -> dict[str, str]:
        return remove_resources(
            stack,
            resources,
            self._worker,
            self._store,
            is_retained=lambda resource: policy(resource) in RETAIN,
        )


def _policy_when_new(resource: LiveResource) -> str:
    """What a rollback does with a resource that the failed operation made."""
    policy = resource.deletion_policy
    failed = resource.status.endswith("_FAILED")
    return "Delete" if policy == "RetainExceptOnCreate" or failed else policy


def _raise_failed(outcome: Outcome, verb: str) -> None:
    if outcome.failed:
        raise ResourceFailedError(
            _failed_text({name: str(error) for name, error in outcome.failed.items()}, verb)
        )


def _failed_text(failed: dict[str, str], verb: str) -> str:
    names = ", ".join(sorted(failed))
    details = "; ".join(f"{name}: {failed[name]}" for name in sorted(failed))
    return f"The following resource(s) failed to {verb}: [{names}]. ({details})"
