"""Step Functions: state machines."""

from __future__ import annotations

import json
from typing import Any

from inferctl.localaws.cloudformation.model import LiveResource
from inferctl.localaws.cloudformation.values import as_text

from .base import Made, Request, ResourceType, names
from .fit import call
from .table import change_tags

_SETTINGS = ("RoleArn", "LoggingConfiguration", "TracingConfiguration", "EncryptionConfiguration")


def _definition(properties: dict[str, Any]) -> str:
    """The definition as text, substitutions applied."""
    text = properties.get("DefinitionString")
    if text is None:
        text = json.dumps(properties["Definition"])
    for name, value in properties.get("DefinitionSubstitutions", {}).items():
        text = text.replace("${" + name + "}", as_text(value))
    return str(text)


def _tag(request: Request, arn: str, added: list[dict[str, str]], removed: list[str]) -> None:
    client = request.client("stepfunctions")
    if removed:
        client.untag_resource(resourceArn=arn, tagKeys=removed)
    if added:
        client.tag_resource(
            resourceArn=arn, tags=[{"key": tag["Key"], "value": tag["Value"]} for tag in added]
        )


def _settings(request: Request) -> dict[str, Any]:
    found = {name: request.properties[name] for name in _SETTINGS if name in request.properties}
    return found | {"Definition": _definition(request.properties)}


def _create(request: Request) -> Made:
    properties = request.properties
    name = properties.get("StateMachineName") or request.name(80)
    arguments = _settings(request) | {"Name": name}
    if "StateMachineType" in properties:
        arguments["Type"] = properties["StateMachineType"]
    arn = call(request, "stepfunctions", "create_state_machine", arguments)["stateMachineArn"]
    request.announce(arn)
    change_tags(_tag, request, arn, {})
    return Made(arn, {"Arn": arn, "Name": name})


def _update(request: Request, live: LiveResource) -> Made:
    arn = live.physical_id
    call(request, "stepfunctions", "update_state_machine", _settings(request), stateMachineArn=arn)
    change_tags(_tag, request, arn, live.properties)
    return Made(arn, live.attributes)


def _delete(request: Request, live: LiveResource) -> None:
    request.client("stepfunctions").delete_state_machine(stateMachineArn=live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::StepFunctions::StateMachine": ResourceType(
        _create,
        _delete,
        names("Definition DefinitionString DefinitionSubstitutions StateMachineName")
        | names("StateMachineType Tags")
        | frozenset(_SETTINGS),
        update=_update,
        replace_on=names("StateMachineName StateMachineType"),
    ),
}
