"""One sandbox: a subprocess that has loaded a function's code and answers one call at a time."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from .channel import Channel, ChannelClosedError
from .environment import Interpreters, command, variables
from .function import FunctionSpec, Invocation

# AWS allows ten seconds and then starts again within the function's own limit; a laptop that
# deploys at the same time needs longer for the same imports
INIT_SECONDS = 60
_LOG_WAIT_SECONDS = 2


class Worker:
    """Raises `UnsupportedRuntimeError` when made for a runtime that cannot run here."""

    def __init__(
        self,
        function: FunctionSpec,
        *,
        root: Path,
        endpoint_url: str,
        interpreters: Interpreters,
        packages: Path,
    ) -> None:
        self.idle_since = time.monotonic()
        self._function = function
        now = datetime.now(UTC)
        self.log_stream = f"{now:%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
        mine, theirs = socket.socketpair()
        with theirs:
            arguments = command(
                function, interpreters=interpreters, channel=theirs.fileno(), packages=packages
            )
            environment = variables(
                function,
                root=root,
                endpoint_url=endpoint_url,
                log_stream=self.log_stream,
                interpreters=interpreters,
            )
            self._process = subprocess.Popen(
                arguments,
                cwd=root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                # a group of its own, so that what a handler started dies with it
                start_new_session=True,
            )
        self._channel = Channel(mine)
        self._ready = False
        self._payload = b""
        self._logs: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        assert self._process.stdout is not None
        threading.Thread(
            target=self._collect, args=(self._process.stdout,), daemon=True, name="lambda-log"
        ).start()

    @property
    def alive(self) -> bool:
        """Whether it can take another call."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the sandbox's process, which is also its group."""
        return self._process.pid

    def invoke(self, payload: bytes) -> Invocation:
        """One call; the sandbox is killed when it times out. Never raises for what handlers do."""
        request_id = str(uuid.uuid4())
        self._payload = payload
        begun = time.monotonic()
        limit = self._function.timeout_seconds
        try:
            kind, answer = self._call(payload, request_id)
        except TimeoutError:
            self.kill()
            message = f"{request_id} Task timed out after {limit:.2f} seconds"
            kind, answer = b"E", _error("Sandbox.Timedout", message)
        except ChannelClosedError:
            self.kill()
            status = self._process.wait()
            said = f"signal {-status}" if status < 0 else f"exit status {status}"
            message = f"RequestId: {request_id} Error: Runtime exited with error: {said}"
            kind, answer = b"E", _error("Runtime.ExitError", message)
        finally:
            self._payload = b""
        seconds = time.monotonic() - begun
        logs = self._write_logs(request_id, seconds)
        self.idle_since = time.monotonic()
        error = "Unhandled" if kind == b"E" else None
        return Invocation(
            request_id=request_id, payload=answer, error=error, logs=tuple(logs), seconds=seconds
        )

    @property
    def payload(self) -> bytes:
        """Of the call under way, empty when there is none."""
        return self._payload

    def crash(self) -> None:
        """Let the sandbox die under its call, which then fails."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the sandbox and everything it started; safe to repeat."""
        self.crash()
        self._process.wait()
        self._channel.close()

    def _call(self, payload: bytes, request_id: str) -> tuple[bytes, bytes]:
        if not self._ready:
            try:
                kind, answer = self._channel.receive(deadline=time.monotonic() + INIT_SECONDS)
            except TimeoutError as error:
                raise ChannelClosedError("the code did not load in time") from error
            if kind != b"I":
                self.kill()
                return kind, answer
            self._ready = True
        seconds = self._function.timeout_seconds
        head = {"requestId": request_id, "deadlineMs": (time.time() + seconds) * 1000}
        deadline = time.monotonic() + seconds
        # the event is passed on byte for byte, as the handler's JSON parser should see it
        call = json.dumps(head)[:-1].encode() + b', "event": ' + payload + b"}"
        self._channel.send(b"C", call)
        return self._channel.receive(deadline=deadline)

    def _collect(self, pipe: IO[bytes]) -> None:
        """Reads the sandbox's output to its end; a line of one NUL byte ends a call's lines."""
        lines: list[str] = []
        with pipe:
            for raw in pipe:
                if raw == b"\0\n":
                    self._logs.put(lines)
                    lines = []
                else:
                    lines.append(raw.decode("utf-8", "replace").rstrip("\r\n"))
        self._logs.put(lines)

    def _write_logs(self, request_id: str, seconds: float) -> list[str]:
        try:
            lines = self._logs.get(timeout=_LOG_WAIT_SECONDS)
        except queue.Empty:
            # a process that the handler started holds the pipe open
            lines = []
        lines = [
            f"START RequestId: {request_id} Version: {self._function.version}",
            *lines,
            f"END RequestId: {request_id}",
            f"REPORT RequestId: {request_id}\tDuration: {seconds * 1000:.2f} ms",
        ]
        self._function.write_logs(self.log_stream, lines)
        return lines


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()
