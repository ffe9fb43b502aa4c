"""Custom resources: a Lambda function is told what to do and answers at a URL."""

from __future__ import annotations

import json
import uuid
from typing import Any

from botocore.exceptions import ClientError

from inferctl.localaws.cloudformation.callbacks import PATH
from inferctl.localaws.cloudformation.errors import ResourceFailedError
from inferctl.localaws.cloudformation.model import LiveResource
from inferctl.localaws.cloudformation.values import stringified

from .base import Made, Request, ResourceType

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
DEFAULT_TIMEOUT_SECONDS = 3600


def _exchange(request: Request, kind: str, **more: Any) -> dict[str, Any]:
    """Send one event and wait for its answer; raises `ResourceFailedError`."""
    token_arn = str(request.properties.get("ServiceToken", ""))
    if ":lambda:" not in token_arn:
        raise ResourceFailedError(f"ServiceToken must be a Lambda function, got {token_arn!r}")
    timeout = float(request.properties.get("ServiceTimeout", DEFAULT_TIMEOUT_SECONDS))
    client = request.client("lambda")
    token = request.callbacks.open()
    event = {
        "RequestType": kind,
        "ServiceToken": token_arn,
        "ResponseURL": f"{client.meta.endpoint_url}{PATH}{token}",
        "StackId": request.stack_id,
        "RequestId": str(uuid.uuid4()),
        "LogicalResourceId": request.logical_id,
        "ResourceType": request.type,
        "ResourceProperties": stringified(request.properties),
        **more,
    }
    try:
        client.invoke(
            FunctionName=token_arn, InvocationType="Event", Payload=json.dumps(event).encode()
        )
    except ClientError as error:
        request.callbacks.deliver_failure(event, str(error))
    answer = request.callbacks.wait(token, timeout)
    if answer.get("PhysicalResourceId"):
        request.announce(str(answer["PhysicalResourceId"]))
    if answer.get("Status") != "SUCCESS":
        reason = answer.get("Reason") or f"Invalid Response object: Status {answer.get('Status')!r}"
        raise ResourceFailedError(
            f"Received response status [FAILED] from custom resource. Message returned: {reason}"
            f" (RequestId: {event['RequestId']})"
        )
    return answer


def _made(answer: dict[str, Any]) -> Made:
    physical_id = answer.get("PhysicalResourceId")
    if not physical_id:
        raise ResourceFailedError("Invalid Response object: PhysicalResourceId is missing")
    return Made(str(physical_id), answer.get("Data") or {})


def _create(request: Request) -> Made:
    # what AWS sends as the id of a Delete when the Create never answered
    request.announce(request.name(255))
    return _made(_exchange(request, "Create"))


def _update(request: Request, live: LiveResource) -> Made:
    return _made(
        _exchange(
            request,
            "Update",
            PhysicalResourceId=live.physical_id,
            OldResourceProperties=stringified(live.properties),
        )
    )


def _delete(request: Request, live: LiveResource) -> None:
    _exchange(request, "Delete", PhysicalResourceId=live.physical_id)


CUSTOM = ResourceType(_create, _delete, None, update=_update, waits=True)
