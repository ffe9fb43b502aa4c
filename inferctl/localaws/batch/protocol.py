"""The REST protocol of Batch, by botocore's shapes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, unquote

import botocore.session
from botocore.model import OperationModel, ServiceModel

from inferctl.localaws.http import HttpRequest, HttpResponse
from inferctl.localaws.shapes import content, malformed, out_of_range, without_null

from .errors import BatchError, not_emulated, refused

_CONTENT_TYPE = "application/json"
_TAGS = "/v1/tags/"
# docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html: case does not matter
_OPEN_LISTS = frozenset({"RetryAction"})


@lru_cache(maxsize=1)
def service_model() -> ServiceModel:
    """botocore's description of the Batch API."""
    return botocore.session.get_session().get_service_model("batch")


@lru_cache(maxsize=1)
def _routes() -> Mapping[tuple[str, str], OperationModel]:
    models = [service_model().operation_model(name) for name in service_model().operation_names]
    return {(one.http["method"], one.http["requestUri"].partition("{")[0]): one for one in models}


def operation(request: HttpRequest) -> OperationModel:
    """What method and path name; raises 501 for what Batch does not know."""
    path = _TAGS if request.path.startswith(_TAGS) else request.path
    model = _routes().get((request.method, path))
    if model is None:
        raise not_emulated(f"batch {request.method} {request.path}")
    return model


def parse_input(model: OperationModel, request: HttpRequest) -> dict[str, Any]:
    """The members of a call; raises `BatchError` with every problem of it.

    Members that are null are left out, as if they were not sent.
    """
    try:
        call = without_null(json.loads(request.read_body(None) or b"{}"))
    except ValueError as error:
        raise refused(f"the body is no JSON: {error}") from error
    if request.path.startswith(_TAGS) and isinstance(call, dict):
        call["resourceArn"] = unquote(request.path.removeprefix(_TAGS))
        if request.method == "DELETE":
            call["tagKeys"] = parse_qs(request.query, keep_blank_values=True).get("tagKeys", [])
    shape = model.input_shape
    assert shape is not None
    problems = list(malformed(call, shape))
    problems = problems or list(out_of_range(call, shape, open_lists=_OPEN_LISTS))
    if problems:
        raise refused("; ".join(problems))
    parsed: dict[str, Any] = call
    return parsed


def success(model: OperationModel, result: Any) -> HttpResponse:
    """The answer; a member that the output does not have is a mistake of ours."""
    shape = model.output_shape
    answer = {} if shape is None else content(shape, result)
    return HttpResponse(200, json.dumps(answer).encode(), _headers())


def failure(error: BatchError) -> HttpResponse:
    """The error answer."""
    body = json.dumps({"message": str(error)}).encode()
    return HttpResponse(error.status, body, {**_headers(), "x-amzn-errortype": error.code})


def _headers() -> dict[str, str]:
    # Step Functions quotes the id of a request that Batch refuses
    return {"Content-Type": _CONTENT_TYPE, "x-amzn-requestid": str(uuid.uuid4())}
