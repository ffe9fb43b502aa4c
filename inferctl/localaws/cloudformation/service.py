"""The CloudFormation service of the embedded AWS."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inferctl.localaws.clients import ACCOUNT
from inferctl.localaws.http import HttpResponse

from .actions_read import ReadActions
from .actions_write import WriteActions
from .callbacks import Callbacks
from .errors import CloudFormationError
from .leftovers import Leftovers, sort_leftovers
from .model import LiveResource
from .operations import Operations
from .protocol import failure, operation, parse_input, success
from .store import Store
from .views import change_set_view
from .worker import Worker

_Action = Callable[[dict[str, Any], str], dict[str, Any]]
_IN_LAMBDA = "exec-env/AWS_Lambda"
"""What botocore tells of itself there."""
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_READS = (
    "DescribeStacks ListStacks DescribeStackEvents DescribeEvents DescribeStackResources"
    " DescribeStackResource ListStackResources GetTemplate GetTemplateSummary ValidateTemplate"
    " ListExports ListImports ListHookResults"
)
_WRITES = (
    "CreateStack UpdateStack DeleteStack RollbackStack ContinueUpdateRollback"
    " UpdateTerminationProtection CreateChangeSet ExecuteChangeSet DeleteChangeSet"
)


class CloudFormation:
    """Stacks of one account; every resource is made through the other embedded services.

    All state is in memory and all methods may be called from any thread.
    """

    def __init__(self, account: str = ACCOUNT) -> None:
        self._store = Store(account)
        self._callbacks = Callbacks()
        self._write = WriteActions(self._store, Operations(self._store, Worker(self._callbacks)))
        read = self._read = ReadActions(self._store)
        self._actions: dict[str, _Action] = {
            **{name: getattr(read, _snake(name)) for name in _READS.split()},
            **{name: getattr(self._write, _snake(name)) for name in _WRITES.split()},
            "DescribeChangeSet": self._describe_change_set,
            "ListChangeSets": self._list_change_sets,
        }

    def handle(self, params: Mapping[str, str], *, region: str, agent: str = "") -> HttpResponse:
        """Answer one call of the query protocol; ``params`` are the form fields."""
        action = params.get("Action", "")
        try:
            model = operation(action)
            if action not in self._actions:
                raise CloudFormationError(
                    f"{action} is not emulated by the embedded AWS", code="InvalidAction"
                )
            call = parse_input(model, params)
            # a custom resource's handler may ask, and the operation waits for just that handler
            if action == "DescribeStacks" and _IN_LAMBDA not in agent:
                self._read.hold(call, region)
            return success(model, self._actions[action](call, region))
        except CloudFormationError as error:
            return failure(error)

    def deliver(self, token: str, body: bytes) -> bool:
        """Take what a custom resource sent to its response URL; False when nobody waits."""
        return self._callbacks.deliver(token, body)

    def status(self) -> dict[str, Any]:
        """Every stack there is, with its number of resources, for people and for JSON."""
        return {
            stack.name: {
                "region": stack.region,
                "status": stack.status,
                "reason": stack.reason,
                "resources": len(stack.resources),
                "outputs": {output.key: output.value for output in stack.outputs},
            }
            for stack in self._store.all()
            if stack.status != "DELETE_COMPLETE"
        }

    def resources(self, stack: str, *, region: str = "us-east-1") -> list[LiveResource]:
        """The live resources of a stack; raises `CloudFormationError` when there is no stack."""
        return list(self._store.get(stack, region).resources.values())

    def leftovers(self, *, regions: Iterable[str] = ("us-east-1",)) -> Leftovers:
        """What exists in the account that no stack owns; kept on purpose is listed apart."""
        return sort_leftovers(self._store, regions)

    def _describe_change_set(self, call: dict[str, Any], region: str) -> dict[str, Any]:
        stack, change_set = self._write.find_change_set(call, region)
        values = call.get("IncludePropertyValues", False)
        return change_set_view(stack, change_set, values=values)

    def _list_change_sets(self, call: dict[str, Any], region: str) -> dict[str, Any]:
        stack = self._store.get(call["StackName"], region)
        return {
            "Summaries": [
                {
                    "StackId": stack.id,
                    "StackName": stack.name,
                    "ChangeSetId": change_set.id,
                    "ChangeSetName": change_set.name,
                    "ExecutionStatus": change_set.execution_status,
                    "Status": change_set.status,
                    "StatusReason": change_set.reason,
                    "CreationTime": change_set.created,
                    "Description": change_set.description,
                }
                for change_set in stack.change_sets.values()
            ]
        }


def _snake(action: str) -> str:
    return _WORD.sub("_", action).lower()
