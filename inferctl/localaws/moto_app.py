"""Everything that is not ours goes to moto, in process, one Flask application per service.

Patches are applied when a service is asked for first, so that start-up imports nothing of moto.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.sax.saxutils import escape

from inferctl.localaws import moto_patches
from inferctl.localaws.http import HttpRequest, HttpResponse

log = logging.getLogger(__name__)


class MotoApplication:
    """moto's WSGI dispatcher behind `HttpRequest` and `HttpResponse`."""

    def __init__(self) -> None:
        self._dispatcher: Callable[..., Iterable[bytes]] | None = None
        self._importing = threading.Lock()

    def load(self) -> None:
        """Import moto and forget what an earlier instance in this process held."""
        with self._importing:
            if self._dispatcher is None:
                self._dispatcher = _dispatcher()

    def handle(self, request: HttpRequest) -> HttpResponse:
        """moto's answer; 501 when moto breaks, because the SDKs retry a 500 for minutes."""
        self.load()
        assert self._dispatcher is not None
        try:
            return _call(self._dispatcher, request)
        except Exception as error:
            # moto raises anything; the client gets an answer and the log the traceback
            log.exception("moto failed on %s %s", request.method, request.uri)
            return _failure(request, f"{type(error).__name__}: {error}")


def _dispatcher() -> Callable[..., Iterable[bytes]]:
    from moto.core.config import default_user_config
    from moto.moto_server import werkzeug_app

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["batch"] = {"use_docker": False}
    default_user_config["iam"] = {"load_aws_managed_policies": True}
    # nothing here is called from a browser
    vars(werkzeug_app)["DISABLE_GLOBAL_CORS"] = True
    _forget_earlier_instances()
    # every service asks IAM for the account of a request
    moto_patches.apply("iam")

    def create_app(service: Any) -> Any:
        moto_patches.apply(service)
        return werkzeug_app.create_backend_app(service)

    application: Callable[..., Iterable[bytes]] = werkzeug_app.DomainDispatcherApplication(
        create_app
    )
    return application


def _forget_earlier_instances() -> None:
    """Drop what an earlier embedded AWS of this process held.

    moto's own reset first makes every backend anew, IAM's with 1,582 policies in each partition,
    only to drop it; so it is called where a backend must close something and nowhere else.
    """
    from moto.core.base_backend import BackendDict, BaseBackend

    for service in BackendDict._instances:  # type: ignore[misc]
        for account in service.values():
            for backend in account.values():
                if type(backend).reset is not BaseBackend.reset:
                    backend.reset()
        service.clear()
    BackendDict._instances.clear()  # type: ignore[misc]


def _call(application: Callable[..., Iterable[bytes]], request: HttpRequest) -> HttpResponse:
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        begun.append((status, headers))

    chunks = application(_environ(request), start_response)
    try:
        body = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    status, headers = begun[-1]
    kept = {name: value for name, value in headers if name.lower() != "connection"}
    return HttpResponse(int(status[:3]), body, kept)


def _environ(request: HttpRequest) -> dict[str, Any]:
    body = request.read_body(None)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "RAW_URI": request.uri,
        "REQUEST_URI": request.uri,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": request.headers.get("host", "").rpartition(":")[2] or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    spelt: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = value
        elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            environ[f"HTTP_{key}"] = value
            if "_" in name:
                spelt[f"HTTP_{key}"] = name
    # WSGI cannot tell `_` from `-` in a header name, S3 metadata can; moto reads this
    environ["moto.preserved_header_names"] = spelt
    return environ


def _failure(request: HttpRequest, reason: str) -> HttpResponse:
    message = f"the embedded AWS does not emulate this request: {reason}"
    service = request.scope[0] if request.scope else ""
    is_form = request.headers.get("content-type", "").startswith(
        "application/x-www-form-urlencoded"
    )
    if service == "s3" or is_form:
        text = f"<Error><Code>NotImplemented</Code><Message>{escape(message)}</Message></Error>"
        if service == "ec2":
            text = f"<Response><Errors>{text}</Errors></Response>"
        elif is_form:
            text = f"<ErrorResponse>{text}</ErrorResponse>"
        body, kind = text.encode(), "text/xml"
    else:
        body = json.dumps({"__type": "NotImplemented", "message": message}).encode()
        kind = "application/x-amz-json-1.1"
    headers = {"Content-Type": kind, "x-amzn-errortype": "NotImplemented"}
    return HttpResponse(501, body, headers)
