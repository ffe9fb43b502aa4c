"""moto runs functions in docker containers, one per call, and waits for asynchronous events too.

Here they run in `inferctl.localaws.lambda_runtime`; an ``Event`` returns at once and runs in the
background, and a ``DryRun`` runs nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from inferctl.localaws.lambda_runtime import FunctionSpec, Invocation, LambdaRuntime

from .hooks import hooks
from .patch import Patch

# docs.aws.amazon.com/lambda/latest/api/API_Invoke.html: the tail holds at most 4 KB
_TAIL_BYTES = 4096


def function_spec(function: Any) -> FunctionSpec:
    """The function as the runtime needs it, from moto's ``LambdaFunction``."""
    group, explicit = _log_group(function)
    version = str(function.version) if isinstance(function.version, int) else "$LATEST"
    latest = not function.function_arn.rsplit(":", 1)[-1].isdigit()
    return FunctionSpec(
        name=function.function_name,
        arn=function.function_arn,
        handler=function.handler or "",
        runtime=function.run_time or f"container image ({function.package_type})",
        code=getattr(function, "code_bytes", b""),
        region=function.region,
        version="$LATEST" if latest else version,
        timeout_seconds=int(function.timeout),
        memory_mb=int(function.memory_size),
        environment={key: str(value) for key, value in function.environment_vars.items()},
        log_group=group,
        write_logs=_log_writer(function, group, explicit=explicit),
    )


def _log_group(function: Any) -> tuple[str, bool]:
    configured = getattr(function, "logging_config", {}).get("LogGroup")
    return (configured, True) if configured else (function.logs_group_name, False)


def _log_writer(function: Any, group: str, *, explicit: bool) -> Callable[[str, list[str]], None]:
    def write(stream: str, lines: list[str]) -> None:
        from moto.core.utils import unix_time_millis
        from moto.logs.exceptions import ResourceAlreadyExistsException, ResourceNotFoundException

        backend = function.logs_backend
        if not explicit:
            backend.ensure_log_group(group)
        try:
            backend.create_log_stream(group, stream)
        except ResourceAlreadyExistsException:
            pass
        except ResourceNotFoundException:
            # a group of the function's own that was deleted stays deleted, as on AWS
            return
        now = unix_time_millis()
        backend.put_log_events(
            group, stream, [{"timestamp": now, "message": line} for line in lines]
        )

    return write


def _runtime() -> LambdaRuntime:
    if hooks.lambda_runtime is None:
        raise RuntimeError("no Lambda runtime is running")
    return hooks.lambda_runtime


def _checked_payload(body: str | bytes | None) -> bytes:
    """JSON as it was sent; nothing sent is an empty object."""
    from moto.awslambda.exceptions import LambdaClientError

    payload = body.encode() if isinstance(body, str) else body
    if not payload:
        return b"{}"
    try:
        json.loads(payload)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise LambdaClientError("InvalidRequestContentException", message) from error
    return payload


def _invoke(_original: Any) -> Callable[..., bytes]:
    def invoke(
        self: Any, body: str | bytes | None, request_headers: Any, response_headers: Any
    ) -> bytes:
        payload = _checked_payload(body)
        kind = request_headers.get("x-amz-invocation-type", "RequestResponse")
        if kind == "DryRun":
            return b""
        if kind == "Event":
            _runtime().invoke_async(function_spec(self), payload)
            return b""
        outcome = _runtime().invoke(function_spec(self), payload)
        response_headers["x-amz-log-result"] = _tail(outcome)
        response_headers["x-amz-executed-version"] = "$LATEST"
        if outcome.error is not None:
            response_headers["x-amz-function-error"] = outcome.error
        return outcome.payload

    return invoke


def _invoke_lambda(_original: Any) -> Callable[..., tuple[str, bool, str]]:
    def _invoke_lambda(self: Any, event: Any = None) -> tuple[str, bool, str]:
        payload = json.dumps({} if event is None else event).encode()
        outcome = _runtime().invoke(function_spec(self), payload)
        return outcome.payload.decode(), outcome.error is not None, "\n".join(outcome.logs)

    return _invoke_lambda


def _tail(outcome: Invocation) -> str:
    text = "\n".join(outcome.logs).encode()
    return base64.b64encode(text[-_TAIL_BYTES:]).decode()


_FUNCTION = "moto.awslambda.models:LambdaFunction"
PATCHES = (
    Patch("awslambda", _FUNCTION, "invoke", _invoke),
    Patch("awslambda", _FUNCTION, "_invoke_lambda", _invoke_lambda),
)
