"""A model container in this process: the contract's routes, with behaviour that tests choose."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from inferctl.localaws.serving.processes import Process
from tests.inferctl.localaws.serving.support import Platform


class FakeContainer:
    """Is a `ContainerProcess`. ``capacity``: models it takes before it answers 507."""

    agent_socket: Path | None = None
    pid = 0

    def __init__(self, capacity: int = 100) -> None:
        self.capacity = capacity
        self.loaded: dict[str, str] = {}
        self.log: list[str] = []
        self.connections: list[socket.socket] = []
        self.load_gate = threading.Event()
        self.invoke_gate = threading.Event()
        self.load_gate.set()
        self.invoke_gate.set()
        self.loading = 0
        self.most_loading = 0
        self.fail_invocations: list[tuple[int, str]] = []
        self.fail_loads: list[tuple[int, str]] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        container = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                container.connections.append(self.connection)

            def _route(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                target = self.headers.get("X-Amzn-SageMaker-Target-Model", "")
                status, text = container.answer(
                    self.command, self.path, target, self.rfile.read(length)
                )
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_DELETE = _route

            def log_message(self, format: str, *args: Any) -> None:
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def answer(self, method: str, path: str, target: str, body: bytes) -> tuple[int, str]:
        if path == "/ping":
            return 200, ""
        if path == "/models":
            return self._load(target, json.loads(body))
        name = path.split("/")[2]
        if method == "DELETE":
            with self._lock:
                self.log.append(f"unload {target}")
                return (200, "") if self.loaded.pop(name, None) else (404, "")
        with self._lock:
            self.log.append(f"invoke {target}")
            failure = self.fail_invocations.pop(0) if self.fail_invocations else None
        self.invoke_gate.wait(30)
        if failure is not None:
            return failure
        return (200, json.dumps({"echo": target})) if name in self.loaded else (404, "")

    def _load(self, target: str, request: dict[str, str]) -> tuple[int, str]:
        with self._lock:
            self.log.append(f"load {target}")
            self.loading += 1
            self.most_loading = max(self.most_loading, self.loading)
            failure = self.fail_loads.pop(0) if self.fail_loads else None
        self.load_gate.wait(30)
        with self._lock:
            self.loading -= 1
            if failure is not None:
                return failure
            if request["model_name"] in self.loaded:
                return 409, "already registered"
            if len(self.loaded) >= self.capacity:
                return 507, "out of memory"
            self.loaded[request["model_name"]] = target
            return 200, ""

    def model_path(self, directory: Path) -> str:
        return str(directory)

    def connect(self, seconds: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def wait(self, seconds: float | None = None) -> bool:
        return self._ended.wait(seconds)

    def stop(self) -> None:
        self.load_gate.set()
        self.invoke_gate.set()
        if not self._ended.is_set():
            self._server.shutdown()
            self._server.server_close()
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._thread.join()
            self._ended.set()

    def processes(self) -> list[Process]:
        return []


class FakeRunner:
    """Starts `FakeContainer`s; the newest is ``container``."""

    def __init__(self, capacity: int = 100) -> None:
        self.capacity = capacity
        self.started: list[FakeContainer] = []

    @property
    def container(self) -> FakeContainer:
        return self.started[-1]

    def start(
        self, *, work_dir: Path, models_dir: Path, environment: Mapping[str, str]
    ) -> FakeContainer:
        del work_dir, models_dir, environment
        container = FakeContainer(self.capacity)
        self.started.append(container)
        return container


Made = Callable[..., tuple[Platform, FakeRunner]]
