"""The AWS JSON 1.1 protocol of ECS, by botocore's shapes."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel

from inferctl.localaws.http import HttpRequest, HttpResponse
from inferctl.localaws.shapes import content, without_null

from .errors import EcsError, client_error, not_emulated
from .validation import validate

_CONTENT_TYPE = "application/x-amz-json-1.1"


@lru_cache(maxsize=1)
def service_model() -> ServiceModel:
    """botocore's description of the ECS API."""
    return botocore.session.get_session().get_service_model("ecs")


def operation(request: HttpRequest) -> OperationModel:
    """What ``X-Amz-Target`` names; raises 501 for what ECS does not know."""
    action = request.headers.get("x-amz-target", "").rpartition(".")[2]
    if action not in service_model().operation_names:
        raise not_emulated(f"ecs {action or request.method}")
    return service_model().operation_model(action)


def parse_input(model: OperationModel, body: bytes) -> dict[str, Any]:
    """The members of a call; raises `EcsError` when they are not what AWS takes.

    Members that are null are left out, as if they were not sent.
    """
    try:
        parsed = json.loads(body or b"{}")
    except ValueError as error:
        raise client_error(f"the body is no JSON: {error}") from error
    call: dict[str, Any] = without_null(parsed)
    if model.input_shape is not None:
        validate(call, model.input_shape)
    return call


def success(model: OperationModel, result: Any) -> HttpResponse:
    """The answer; a member that the output does not have is a mistake of ours."""
    shape = model.output_shape
    answer = {} if shape is None else content(shape, result)
    return HttpResponse(200, json.dumps(answer).encode(), {"Content-Type": _CONTENT_TYPE})


def failure(error: EcsError) -> HttpResponse:
    """The error answer."""
    body = json.dumps({"__type": error.code, "message": str(error)}).encode()
    headers = {"Content-Type": _CONTENT_TYPE, "x-amzn-errortype": error.code}
    return HttpResponse(error.status, body, headers)
