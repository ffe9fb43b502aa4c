"""Stacks, events and change sets in the shapes of the API's answers."""

from __future__ import annotations

from typing import Any

from .model import STACK_TYPE, ChangeSet, Event, LiveResource, ParameterValue, Stack, Target
from .values import as_text


def parameters_view(target: Target | None) -> list[dict[str, Any]]:
    """Parameters as given; hidden ones as asterisks."""
    if target is None:
        return []
    return [_parameter(value) for value in target.parameters.values()]


def _parameter(value: ParameterValue) -> dict[str, Any]:
    given = "****" if value.no_echo else as_text(value.given)
    shown = {"ParameterKey": value.key, "ParameterValue": given}
    if value.from_ssm:
        resolved = value.resolved
        text = ",".join(resolved) if isinstance(resolved, list) else as_text(resolved)
        shown["ResolvedValue"] = text
    return shown


def tags_view(target: Target | None) -> list[dict[str, str]]:
    """Stack tags as pairs."""
    return [{"Key": key, "Value": value} for key, value in target.tags] if target else []


def stack_view(stack: Stack) -> dict[str, Any]:
    """One member of DescribeStacks."""
    target = stack.target
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": target.template.body.get("Description") if target else None,
        "Parameters": parameters_view(target),
        "CreationTime": stack.created,
        "DeletionTime": stack.deleted,
        "LastUpdatedTime": stack.updated,
        "RollbackConfiguration": dict(target.rollback_configuration) if target else {},
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DisableRollback": stack.disable_rollback,
        "NotificationARNs": list(target.notification_arns) if target else [],
        "Capabilities": list(target.capabilities) if target else [],
        "Outputs": [
            {
                "OutputKey": output.key,
                "OutputValue": output.value,
                "Description": output.description,
                "ExportName": output.export,
            }
            for output in stack.outputs
        ],
        "RoleARN": target.role_arn if target else None,
        "Tags": tags_view(target),
        "EnableTerminationProtection": stack.termination_protection,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }


def summary_view(stack: Stack) -> dict[str, Any]:
    """One member of ListStacks."""
    target = stack.target
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "TemplateDescription": target.template.body.get("Description") if target else None,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }


def event_view(stack: Stack, event: Event) -> dict[str, Any]:
    """One member of DescribeStackEvents."""
    return {
        "StackId": stack.id,
        "EventId": event.id,
        "StackName": stack.name,
        "OperationId": event.operation_id,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "Timestamp": event.time,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
    }


def failed_event_view(stack: Stack, event: Event) -> dict[str, Any]:
    """One member of DescribeEvents."""
    return {
        "EventId": event.id,
        "StackId": stack.id,
        "OperationId": event.operation_id,
        "EventType": "STACK_EVENT" if event.type == STACK_TYPE else "PROGRESS_EVENT",
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "Timestamp": event.time,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
    }


def resource_view(stack: Stack, resource: LiveResource) -> dict[str, Any]:
    """One member of DescribeStackResources."""
    return {
        "StackName": stack.name,
        "StackId": stack.id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id or None,
        "ResourceType": resource.type,
        "Timestamp": resource.changed,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
    }


def resource_summary_view(resource: LiveResource) -> dict[str, Any]:
    """One member of ListStackResources."""
    return {
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id or None,
        "ResourceType": resource.type,
        "LastUpdatedTimestamp": resource.changed,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
    }


def change_set_view(stack: Stack, change_set: ChangeSet, *, values: bool) -> dict[str, Any]:
    """The answer of DescribeChangeSet; without ``values`` it holds names but no contents."""
    changes = change_set.changes if values else [_without_values(c) for c in change_set.changes]
    return {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.id,
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": change_set.description,
        "Parameters": parameters_view(change_set.target),
        "CreationTime": change_set.created,
        "ExecutionStatus": change_set.execution_status,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "NotificationARNs": list(change_set.target.notification_arns),
        "Capabilities": list(change_set.target.capabilities),
        "Tags": tags_view(change_set.target),
        "Changes": changes,
        "IncludeNestedStacks": False,
    }


def _without_values(change: dict[str, Any]) -> dict[str, Any]:
    hidden = {"BeforeContext", "AfterContext"}
    inner = {key: item for key, item in change["ResourceChange"].items() if key not in hidden}
    inner["Details"] = [
        {
            **detail,
            "Target": {
                key: detail["Target"][key] for key in ("Attribute", "Name", "RequiresRecreation")
            },
        }
        for detail in inner["Details"]
    ]
    return {**change, "ResourceChange": inner}
