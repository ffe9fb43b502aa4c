"""API actions that only look."""

from __future__ import annotations

from typing import Any

from .errors import CloudFormationError
from .model import LiveResource, Stack
from .store import Store
from .templates import Template, fetch_template, load_template
from .values import as_bool
from .views import (
    event_view,
    failed_event_view,
    resource_summary_view,
    resource_view,
    stack_view,
    summary_view,
)

# The CLI asks for the stack at once and then only every 5 s. An answer held back until the
# operation ends lets it finish at that moment; it stays far below the 60 s that botocore waits.
HOLD_SECONDS = 20.0

Answer = dict[str, Any]


def template_of(call: Answer, region: str, stack: Stack | None) -> Template:
    """The template of a call: its text, a URL, or the one the stack has."""
    if "TemplateBody" in call:
        return load_template(call["TemplateBody"])
    if "TemplateURL" in call:
        return load_template(fetch_template(call["TemplateURL"], region))
    if call.get("UsePreviousTemplate") and stack is not None and stack.target is not None:
        return stack.target.template
    raise CloudFormationError("Either Template URL or Template Body must be specified.")


class ReadActions:
    """Each method is one API action: parsed input and region in, output members out."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def hold(self, call: Answer, region: str) -> None:
        """Wait until the operation of the stack that DescribeStacks asks for is over."""
        if "StackName" in call:
            self._store.wait_idle(self._store.get(call["StackName"], region), HOLD_SECONDS)

    def describe_stacks(self, call: Answer, region: str) -> Answer:
        if "StackName" in call:
            stack = self._store.get(call["StackName"], region)
            return {"Stacks": [stack_view(stack)]}
        alive = [item for item in self._store.all(region) if item.status != "DELETE_COMPLETE"]
        return {"Stacks": [stack_view(stack) for stack in alive]}

    def list_stacks(self, call: Answer, region: str) -> Answer:
        wanted = call.get("StackStatusFilter")
        return {
            "StackSummaries": [
                summary_view(stack)
                for stack in reversed(self._store.all(region))
                if not wanted or stack.status in wanted
            ]
        }

    def describe_stack_events(self, call: Answer, region: str) -> Answer:
        stack = self._stack_for_events(call, region)
        return {"StackEvents": [event_view(stack, event) for event in reversed(stack.events)]}

    def describe_events(self, call: Answer, region: str) -> Answer:
        """Events of failures: what the CLI asks for when a change set fails."""
        stack = self._stack_for_events(call, region)
        only_failed = call.get("Filters", {}).get("FailedEvents", False)
        operation = call.get("OperationId")
        return {
            "OperationEvents": [
                failed_event_view(stack, event)
                for event in reversed(stack.events)
                if (not only_failed or event.status.endswith("_FAILED"))
                and ("ChangeSetName" not in call)
                and operation in (None, event.operation_id)
            ]
        }

    def _stack_for_events(self, call: Answer, region: str) -> Stack:
        name = call.get("StackName", "")
        stack = self._store.find(name, region)
        if stack is None:
            raise CloudFormationError(f"Stack [{name}] does not exist")
        return stack

    def describe_stack_resources(self, call: Answer, region: str) -> Answer:
        wanted = call.get("LogicalResourceId")
        if "StackName" in call:
            stacks = [self._store.get(call["StackName"], region)]
        else:
            stacks = self._store.all(region)
        physical = call.get("PhysicalResourceId")
        return {
            "StackResources": [
                resource_view(stack, resource)
                for stack in stacks
                for resource in list(stack.resources.values())
                if wanted in (None, resource.logical_id)
                and physical in (None, resource.physical_id)
            ]
        }

    def describe_stack_resource(self, call: Answer, region: str) -> Answer:
        stack = self._store.get(call["StackName"], region)
        resource = self._resource(stack, call["LogicalResourceId"])
        view = resource_view(stack, resource)
        view["LastUpdatedTimestamp"] = view.pop("Timestamp")
        return {"StackResourceDetail": view}

    def _resource(self, stack: Stack, name: str) -> LiveResource:
        if name not in stack.resources:
            raise CloudFormationError(f"Resource {name} does not exist for stack {stack.name}")
        return stack.resources[name]

    def list_stack_resources(self, call: Answer, region: str) -> Answer:
        stack = self._store.get(call["StackName"], region)
        return {
            "StackResourceSummaries": [
                resource_summary_view(resource) for resource in list(stack.resources.values())
            ]
        }

    def get_template(self, call: Answer, region: str) -> Answer:
        stack = self._store.get(call.get("StackName", ""), region)
        target = stack.target
        if "ChangeSetName" in call:
            for change_set in stack.change_sets.values():
                if call["ChangeSetName"] in (change_set.name, change_set.id):
                    target = change_set.target
        return {
            "TemplateBody": target.template.text if target else "{}",
            "StagesAvailable": ["Original", "Processed"],
        }

    def get_template_summary(self, call: Answer, region: str) -> Answer:
        stack = self._store.get(call["StackName"], region) if "StackName" in call else None
        template = (
            stack.target.template
            if stack is not None and stack.target is not None
            else template_of(call, region, None)
        )
        kinds = sorted({item["Type"] for item in template.resources.values()})
        return {
            "Parameters": [
                {
                    "ParameterKey": key,
                    "DefaultValue": item.get("Default"),
                    "ParameterType": item["Type"],
                    "NoEcho": as_bool(item.get("NoEcho", False)),
                    "Description": item.get("Description"),
                }
                for key, item in template.section("Parameters").items()
            ],
            "Description": template.body.get("Description"),
            "ResourceTypes": kinds,
            "Version": template.body.get("AWSTemplateFormatVersion"),
            "Capabilities": ["CAPABILITY_NAMED_IAM"] if any("IAM" in k for k in kinds) else [],
            "ResourceIdentifierSummaries": [],
        }

    def validate_template(self, call: Answer, region: str) -> Answer:
        summary = self.get_template_summary(call, region)
        for parameter in summary["Parameters"]:
            del parameter["ParameterType"]
        return {key: summary[key] for key in ("Parameters", "Description", "Capabilities")}

    def list_exports(self, _call: Answer, region: str) -> Answer:
        return {
            "Exports": [
                {
                    "ExportingStackId": stack.id,
                    "Name": output.export,
                    "Value": output.value,
                }
                for stack, output in self._store.exports(region)
            ]
        }

    def list_imports(self, call: Answer, region: str) -> Answer:
        importers = self._store.importers(call["ExportName"], region)
        if not importers:
            raise CloudFormationError(
                f"Export '{call['ExportName']}' is not imported by any stack."
            )
        return {"Imports": importers}

    def list_hook_results(self, call: Answer, _region: str) -> Answer:
        """There are no hooks here; the CLI asks whether one failed a change set."""
        return {
            "TargetType": call.get("TargetType"),
            "TargetId": call.get("TargetId"),
            "HookResults": [],
        }
