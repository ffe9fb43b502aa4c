"""Which part of the embedded AWS answers a request."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qsl, unquote

from inferctl.localaws.admin import ADMIN_PREFIX, Admin
from inferctl.localaws.clients import DEFAULT_REGION
from inferctl.localaws.http import HttpRequest, HttpResponse
from inferctl.localaws.moto_app import MotoApplication
from inferctl.localaws.parts import BatchPart, CloudFormationPart, EcsPart, ServingPart

# docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
INVOCATION_BODY_LIMIT = 6_291_456
_CLOUDFORMATION_VERSION = b"2010-05-15"

log = logging.getLogger(__name__)


class MotoPart(Protocol):
    """Answers what nothing else does."""

    def handle(self, request: HttpRequest) -> HttpResponse: ...


class Router:
    """The handler behind the front server."""

    def __init__(
        self,
        *,
        admin: Admin,
        serving: ServingPart,
        cloudformation: CloudFormationPart,
        ecs: EcsPart,
        batch: BatchPart,
        moto: MotoPart | None = None,
    ) -> None:
        self._admin = admin
        self._serving = serving
        self._cloudformation = cloudformation
        self._ecs = ecs
        self._batch = batch
        self._moto = moto or MotoApplication()
        # every region that somebody has signed a request for
        self.regions: set[str] = {DEFAULT_REGION}

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer of the part that owns the request; 500 and a log entry if it raises."""
        try:
            return self._route(request)
        except Exception as error:
            # whatever a part does wrong, its client must get an answer and not a broken connection
            log.exception("%s %s failed", request.method, request.uri)
            message = f"{type(error).__name__}: {error}"
            body = json.dumps({"__type": "InternalFailure", "message": message}).encode()
            headers = {"Content-Type": "application/json", "x-amzn-errortype": "InternalFailure"}
            return HttpResponse(500, body, headers)

    def _route(self, request: HttpRequest) -> HttpResponse:
        path = request.path
        if request.method == "POST" and (name := invoked_endpoint(path)) is not None:
            return self._invoke(name, request)
        if path.startswith(ADMIN_PREFIX):
            return self._admin.handle(request)
        service, region = request.scope or ("", DEFAULT_REGION)
        self.regions.add(region)
        if service == "cloudformation":
            agent = request.headers.get("user-agent", "")
            return self._cloudformation.handle(_parameters(request), region=region, agent=agent)
        if service == "ecs":
            return self._ecs.handle(request, region=region)
        if service == "batch":
            return self._batch.handle(request, region=region)
        if not service and _is_form(request):
            body = request.read_body(None)
            request = HttpRequest(request.method, request.uri, request.headers, _already_read(body))
            if b"Action=" in body and _CLOUDFORMATION_VERSION in body:
                return self._cloudformation.handle(_parameters(request), region=region)
        return self._moto.handle(request)

    def _invoke(self, name: str, request: HttpRequest) -> HttpResponse:
        headers = request.headers
        # one byte too many is enough for serving to refuse the body
        body = request.read_body(INVOCATION_BODY_LIMIT + 1)
        return self._serving.invoke(
            name,
            body=body,
            content_type=headers.get("content-type", "application/octet-stream"),
            accept=headers.get("x-amzn-sagemaker-accept") or headers.get("accept"),
            target_model=headers.get("x-amzn-sagemaker-target-model"),
            custom_attributes=headers.get("x-amzn-sagemaker-custom-attributes"),
        )


def invoked_endpoint(path: str) -> str | None:
    """The endpoint's name in ``/endpoints/<name>/invocations``, else None."""
    if not (path.startswith("/endpoints/") and path.endswith("/invocations")):
        return None
    name = path[len("/endpoints/") : -len("/invocations")]
    return unquote(name) if name and "/" not in name else None


def _is_form(request: HttpRequest) -> bool:
    kind = request.headers.get("content-type", "")
    return kind.startswith("application/x-www-form-urlencoded")


def _already_read(body: bytes) -> Callable[[int | None], bytes]:
    return lambda _limit: body


def _parameters(request: HttpRequest) -> dict[str, str]:
    text = request.read_body(None).decode("utf-8")
    query = parse_qsl(request.query, keep_blank_values=True)
    return dict([*query, *parse_qsl(text, keep_blank_values=True)])
