"""Runs a Python handler in a sandbox: ``bootstrap_python.py <socket fd> <packages folder>``.

Standard library only, and started with ``-I -S``, so that the handler finds what it shipped, boto3
and nothing else of this project.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import queue
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

_HEAD = struct.Struct(">cI")
Handler = Callable[[Any, Any], Any]


class Context:
    """The second argument of a handler."""

    identity = None
    client_context = None

    def __init__(self, request_id: str, deadline_ms: float) -> None:
        self.aws_request_id = request_id
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = os.environ["LOCALAWS_FUNCTION_ARN"]
        self._deadline_ms = deadline_ms

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the sandbox is killed."""
        return max(0, int(self._deadline_ms - time.time() * 1000))


def main() -> None:
    """Load the handler, then answer calls until the parent ends."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    sys.path[:] = [os.environ["LAMBDA_TASK_ROOT"], *sys.path[1:], sys.argv[2]]
    logging.basicConfig(format="[%(levelname)s]\t%(asctime)s\t%(name)s\t%(message)s")
    calls: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(channel, calls), daemon=True).start()
    try:
        handler = _load(os.environ["_HANDLER"])
    except BaseException as error:
        _send(channel, b"E", _init_failure(error))
        return
    _send(channel, b"I", b"{}")
    while True:
        call = calls.get()
        context = Context(call["requestId"], call["deadlineMs"])
        kind, payload = _run(handler, call["event"], context)
        # ends this call's lines in the log pipe, so it must be written before the answer is
        sys.stderr.flush()
        sys.stdout.flush()
        os.write(1, b"\0\n")
        _send(channel, kind, payload)


def _receive(channel: socket.socket, calls: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Runs beside the handler, so that the sandbox ends with its parent even while it is busy."""
    stream = channel.makefile("rb")
    while len(head := stream.read(_HEAD.size)) == _HEAD.size:
        _, length = _HEAD.unpack(head)
        calls.put(json.loads(stream.read(length)))
    os._exit(0)


def _send(channel: socket.socket, kind: bytes, payload: bytes) -> None:
    channel.sendall(_HEAD.pack(kind, len(payload)) + payload)


def _load(name: str) -> Handler:
    module, _, function = name.rpartition(".")
    if not module:
        raise ValueError(f"Bad handler '{name}': it must be <module>.<function>")
    handler: Handler = getattr(importlib.import_module(module.replace("/", ".")), function)
    return handler


def _run(handler: Handler, event: Any, context: Context) -> tuple[bytes, bytes]:
    try:
        result = handler(event, context)
    except Exception as error:
        return b"E", _failure(error, skip=1)
    try:
        return b"R", json.dumps(result).encode()
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        fields = {"errorMessage": message, "errorType": "Runtime.MarshalError", "stackTrace": []}
        return b"E", json.dumps(fields).encode()


def _failure(error: BaseException, *, skip: int) -> bytes:
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[skip:])
    print(f"[ERROR] {type(error).__name__}: {error}\nTraceback (most recent call last):")
    print("".join(frames), flush=True)
    fields = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": frames}
    return json.dumps(fields).encode()


def _init_failure(error: BaseException) -> bytes:
    name = os.environ["_HANDLER"]
    fields = json.loads(_failure(error, skip=2))
    module = name.rpartition(".")[0]
    if isinstance(error, ImportError):
        fields["errorType"] = "Runtime.ImportModuleError"
        fields["errorMessage"] = f"Unable to import module '{module}': {error}"
    elif isinstance(error, AttributeError) and "has no attribute" in str(error):
        fields["errorType"] = "Runtime.HandlerNotFound"
        fields["errorMessage"] = f"Handler '{name}' missing on module '{module}': {error}"
    return json.dumps(fields).encode()


if __name__ == "__main__":
    main()
