"""EventBridge: rules on the default bus, with their targets."""

from __future__ import annotations

import json
from typing import Any

from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, names
from .fit import call

_TARGETS = "Targets"


def _put(request: Request, name: str, old: set[str]) -> Made:
    arguments: dict[str, Any] = {
        key: value for key, value in request.properties.items() if key not in ("Name", _TARGETS)
    }
    if "EventPattern" in arguments:
        arguments["EventPattern"] = json.dumps(arguments["EventPattern"])
    arn = call(request, "events", "put_rule", arguments, Name=name)["RuleArn"]
    request.announce(name)
    targets = request.properties.get(_TARGETS, [])
    gone = sorted(old - {target["Id"] for target in targets})
    if gone:
        request.client("events").remove_targets(Rule=name, Ids=gone)
    if targets:
        call(request, "events", "put_targets", {_TARGETS: targets}, Rule=name)
    return Made(name, {"Arn": arn})


def _create(request: Request) -> Made:
    return _put(request, request.properties.get("Name") or request.name(64), set())


def _update(request: Request, live: LiveResource) -> Made:
    return _put(request, live.physical_id, _ids(live))


def _delete(request: Request, live: LiveResource) -> None:
    client = request.client("events")
    if _ids(live):
        client.remove_targets(Rule=live.physical_id, Ids=sorted(_ids(live)))
    client.delete_rule(Name=live.physical_id)


def _ids(live: LiveResource) -> set[str]:
    return {target["Id"] for target in live.properties.get(_TARGETS, [])}


TYPES: dict[str, ResourceType] = {
    "AWS::Events::Rule": ResourceType(
        _create,
        _delete,
        names("Description EventPattern Name RoleArn ScheduleExpression State Targets"),
        update=_update,
        replace_on=names("Name"),
    ),
}
