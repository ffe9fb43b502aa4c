"""All stacks of the account, what they export, and who imports it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

from .errors import CloudFormationError, no_such_stack
from .model import LiveResource, Output, Stack
from .scope import partition


class Store:
    """Stacks by region and name; deleted ones can still be found by their id."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.changed = threading.Condition(threading.RLock())
        self.retained: list[tuple[str, LiveResource]] = []
        self._stacks: list[Stack] = []

    def new(self, name: str, region: str) -> Stack:
        """A stack in review, not yet deployed."""
        arn = (
            f"arn:{partition(region)}:cloudformation:{region}:{self.account}"
            f":stack/{name}/{uuid.uuid4()}"
        )
        stack = Stack(name, arn, region, self.account, "REVIEW_IN_PROGRESS")
        with self.changed:
            self._stacks.append(stack)
        return stack

    def forget(self, stack: Stack) -> None:
        """Drop a stack that was never deployed."""
        with self.changed:
            self._stacks.remove(stack)

    def all(self, region: str | None = None) -> list[Stack]:
        """Every stack there ever was, oldest first."""
        with self.changed:
            return [stack for stack in self._stacks if region in (None, stack.region)]

    def find(self, name: str, region: str) -> Stack | None:
        """The stack of that name, or of that id even when it is deleted."""
        for stack in reversed(self.all(region)):
            if stack.id == name or (stack.name == name and stack.status != "DELETE_COMPLETE"):
                return stack
        return None

    def get(self, name: str, region: str) -> Stack:
        """As `find`; raises `CloudFormationError` when there is none."""
        stack = self.find(name, region)
        if stack is None:
            raise no_such_stack(name)
        return stack

    def wait_idle(self, stack: Stack, seconds: float) -> None:
        """Wait until no operation runs on ``stack``, at most ``seconds``."""
        with self.changed:
            self.changed.wait_for(lambda: not stack.in_progress, seconds)

    def exports(self, region: str) -> Iterator[tuple[Stack, Output]]:
        """Every exported output of the region."""
        for stack in self.all(region):
            if stack.exists:
                yield from ((stack, output) for output in stack.outputs if output.export)

    def importers(self, export: str, region: str) -> list[str]:
        """The names of the stacks that use an export."""
        return [
            stack.name for stack in self.all(region) if stack.exists and export in stack.imports
        ]

    def imported(self, name: str, region: str) -> str:
        """The value of an export."""
        for _, output in self.exports(region):
            if output.export == name:
                return output.value
        raise CloudFormationError(f"No export named {name} found.")

    def stack_output(self, stack: str, output: str, region: str) -> str:
        """The value of an output of a stack, exported or not."""
        for found in self.get(stack, region).outputs:
            if found.key == output:
                return found.value
        raise CloudFormationError(f"Stack {stack} has no output {output}")
