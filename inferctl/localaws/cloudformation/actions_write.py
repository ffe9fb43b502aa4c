"""API actions that change something: stacks and change sets."""

from __future__ import annotations

import uuid
from typing import Any

from .actions_read import Answer, template_of
from .errors import CloudFormationError, no_such_change_set
from .model import ChangeSet, Stack, Target
from .operations import Operations
from .parameters import resolve_parameters
from .plan import plan_changes
from .scope import partition
from .store import Store

_NO_CHANGES = (
    "The submitted information didn't contain changes."
    " Submit different information to create a change set."
)
_UPDATABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "CREATE_FAILED",
        "UPDATE_FAILED",
    }
)


class WriteActions:
    """Each method is one API action: parsed input and region in, output members out."""

    def __init__(self, store: Store, operations: Operations) -> None:
        self._store = store
        self._operations = operations

    def create_stack(self, call: Answer, region: str) -> Answer:
        name = call["StackName"]
        self._refuse_existing(name, region)
        stack = self._new(name, region)
        try:
            target = self._target(call, region, stack)
            plan_changes(stack, target, self._store)
        except CloudFormationError:
            self._store.forget(stack)
            raise
        stack.termination_protection = call.get("EnableTerminationProtection", False)
        self._operations.deploy(
            stack,
            target,
            disable_rollback=call.get("DisableRollback", False),
            on_failure=call.get("OnFailure", "ROLLBACK"),
        )
        return {"StackId": stack.id}

    def update_stack(self, call: Answer, region: str) -> Answer:
        stack = self._updatable(call["StackName"], region)
        target = self._target(call, region, stack)
        if not plan_changes(stack, target, self._store):
            raise CloudFormationError("No updates are to be performed.")
        self._operations.deploy(stack, target, disable_rollback=call.get("DisableRollback", False))
        return {"StackId": stack.id}

    def delete_stack(self, call: Answer, region: str) -> Answer:
        stack = self._store.find(call["StackName"], region)
        if stack is None or stack.status in ("DELETE_COMPLETE", "DELETE_IN_PROGRESS"):
            return {}
        if stack.termination_protection:
            raise CloudFormationError(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        self._operations.delete(stack, keep=call.get("RetainResources", []))
        return {}

    def rollback_stack(self, call: Answer, region: str) -> Answer:
        stack = self._store.get(call["StackName"], region)
        self._operations.roll_back(stack)
        return {"StackId": stack.id}

    def continue_update_rollback(self, call: Answer, region: str) -> Answer:
        self.rollback_stack(call, region)
        return {}

    def update_termination_protection(self, call: Answer, region: str) -> Answer:
        stack = self._store.get(call["StackName"], region)
        stack.termination_protection = call["EnableTerminationProtection"]
        return {"StackId": stack.id}

    def create_change_set(self, call: Answer, region: str) -> Answer:
        kind, name = call.get("ChangeSetType", "UPDATE"), call["StackName"]
        if kind not in ("CREATE", "UPDATE"):
            raise CloudFormationError(f"ChangeSetType {kind} is not emulated by the embedded AWS")
        existing = self._store.find(name, region)
        if kind == "CREATE":
            if existing is not None and existing.status != "REVIEW_IN_PROGRESS":
                self._refuse_existing(name, region)
            stack = existing or self._new(name, region)
        else:
            stack = self._updatable(name, region)
        try:
            target = self._target(call, region, stack)
            changes = plan_changes(stack, target, self._store)
        except CloudFormationError:
            if existing is None:
                self._store.forget(stack)
            raise
        if existing is None:
            stack.set_status("REVIEW_IN_PROGRESS", "User Initiated")
        if any(item.name == call["ChangeSetName"] for item in stack.change_sets.values()):
            raise CloudFormationError(
                f"ChangeSet {call['ChangeSetName']} already exists", code="AlreadyExistsException"
            )
        change_set = ChangeSet(
            name=call["ChangeSetName"],
            id=(
                f"arn:{partition(region)}:cloudformation:{region}:{stack.account}"
                f":changeSet/{call['ChangeSetName']}/{uuid.uuid4()}"
            ),
            kind=kind,
            target=target,
            description=call.get("Description"),
            changes=changes,
        )
        if not changes:
            change_set.status, change_set.reason = "FAILED", _NO_CHANGES
            change_set.execution_status = "UNAVAILABLE"
        stack.change_sets[change_set.id] = change_set
        return {"Id": change_set.id, "StackId": stack.id}

    def execute_change_set(self, call: Answer, region: str) -> Answer:
        stack, change_set = self.find_change_set(call, region)
        if change_set.execution_status != "AVAILABLE":
            raise CloudFormationError(
                f"ChangeSet [{change_set.id}] cannot be executed in its current execution status"
                f" of [{change_set.execution_status}]",
                code="InvalidChangeSetStatus",
            )
        self._operations.deploy(
            stack, change_set.target, disable_rollback=call.get("DisableRollback", False)
        )
        # as AWS does: an executed change set, and all others of the stack, are gone
        stack.change_sets.clear()
        return {}

    def delete_change_set(self, call: Answer, region: str) -> Answer:
        """Unknown names are fine: the CLI always deletes before it creates."""
        if self._lookup(call, region) is not None:
            stack, change_set = self.find_change_set(call, region)
            del stack.change_sets[change_set.id]
        return {}

    def find_change_set(self, call: Answer, region: str) -> tuple[Stack, ChangeSet]:
        """By name within a stack, or by id; raises `CloudFormationError` ``ChangeSetNotFound``."""
        found = self._lookup(call, region)
        if found is None:
            raise no_such_change_set(call.get("ChangeSetName", ""))
        return found

    def _lookup(self, call: Answer, region: str) -> tuple[Stack, ChangeSet] | None:
        wanted = call.get("ChangeSetName", "")
        if "StackName" in call:
            stack = self._store.find(call["StackName"], region)
            stacks = [stack] if stack is not None else []
        else:
            stacks = self._store.all(region)
        for stack in stacks:
            for change_set in stack.change_sets.values():
                if wanted in (change_set.name, change_set.id):
                    return stack, change_set
        return None

    def _new(self, name: str, region: str) -> Stack:
        return self._store.new(name, region)

    def _refuse_existing(self, name: str, region: str) -> None:
        if self._store.find(name, region) is not None:
            raise CloudFormationError(
                f"Stack [{name}] already exists", code="AlreadyExistsException"
            )

    def _updatable(self, name: str, region: str) -> Stack:
        stack = self._store.get(name, region)
        if stack.status not in _UPDATABLE:
            raise CloudFormationError(
                f"Stack:{stack.id} is in {stack.status} state and can not be updated."
            )
        return stack

    def _target(self, call: Answer, region: str, stack: Stack) -> Target:
        template = template_of(call, region, stack)
        previous: Any = stack.target.parameters if stack.target is not None else {}
        return Target(
            template=template,
            parameters=resolve_parameters(template, call.get("Parameters", []), previous, region),
            tags=tuple((tag["Key"], tag["Value"]) for tag in call.get("Tags", [])),
            notification_arns=tuple(call.get("NotificationARNs", [])),
            role_arn=call.get("RoleARN"),
            capabilities=tuple(call.get("Capabilities", [])),
            rollback_configuration=call.get("RollbackConfiguration", {}),
        )
