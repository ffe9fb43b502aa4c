"""A server that answers the same bytes to every call, so that a client's own time can be seen.

Run as a program it prints the ports of its HTTP and its gRPC server and answers until its input
ends.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import grpc  # type: ignore[import-untyped,unused-ignore]
import numpy as np

from load_client.tf_serving_messages import PREDICT

INPUTS = {"X": np.ones((1, 16), np.float32)}
TENSOR = {"name": "X", "datatype": "FP32", "shape": [1, 16]}
INFERENCE = {"model_name": "m", "model_version": "1", "outputs": [TENSOR | {"data": [1.0] * 16}]}
CONFIGURED = {"name": "X", "data_type": "TYPE_FP32", "dims": [1, 16]}
ANSWERS: dict[str, Any] = {
    "/v2": {"name": "trivial", "version": "1", "extensions": ["binary_tensor_data"]},
    "/v2/models/m": {
        "name": "m",
        "versions": ["1"],
        "platform": "trivial",
        "inputs": [TENSOR],
        "outputs": [TENSOR],
    },
    "/v2/models/m/config": {
        "name": "m",
        "platform": "trivial",
        "max_batch_size": 0,
        "input": [CONFIGURED],
        "output": [CONFIGURED],
    },
}


def answer_to(path: str) -> bytes:
    """The bytes of an answer; every POST is an inference."""
    body = json.dumps(ANSWERS.get(path, INFERENCE)).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


def serve_http(connection: socket.socket, inference: bytes) -> None:
    """Answers requests whose head and body arrive in one piece or in several."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b""
    while True:
        while (end := data.find(b"\r\n\r\n")) < 0:
            part = connection.recv(65536)
            if not part:
                return
            data += part
        head = data[:end].lower()
        start = head.find(b"content-length:")
        size = 0 if start < 0 else int(head[start + 15 :].split(b"\r\n", 1)[0])
        while len(data) < end + 4 + size:
            data += connection.recv(65536)
        path = data[:end].split(b" ", 2)[1].decode()
        data = data[end + 4 + size :]
        connection.sendall(inference if head.startswith(b"post") else answer_to(path))


def serve() -> None:
    """Print the two ports and answer until the input ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    inference = answer_to("")

    def accept() -> None:
        while True:
            connection, _ = listening.accept()
            Thread(target=serve_http, args=(connection, inference), daemon=True).start()

    Thread(target=accept, daemon=True).start()
    predict = grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")
    service, method = PREDICT.strip("/").split("/")
    handler = grpc.method_handlers_generic_handler(service, {method: predict})
    server = grpc.server(ThreadPoolExecutor(2), handlers=(handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(listening.getsockname()[1], port, flush=True)
    sys.stdin.read()


@contextmanager
def running_server(cores: list[int]) -> Iterator[tuple[int, int]]:
    """The server on the last core, this process on the first one."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        os.sched_setaffinity(process.pid, {cores[-1]})
        ports = process.stdout.readline().split()
        # threads that already run keep their cores, so every task of this process is moved
        for task in Path("/proc/self/task").iterdir():
            os.sched_setaffinity(int(task.name), {cores[0]})
        try:
            yield int(ports[0]), int(ports[1])
        finally:
            process.stdin.close()


if __name__ == "__main__":
    serve()
