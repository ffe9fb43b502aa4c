from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.container.tf_serving_start.conftest import START


def status(*states: tuple[str, str]) -> tuple[int, str]:
    versions = [
        {"version": "1", "state": state, "status": {"error_code": code, "error_message": "why"}}
        for state, code in states
    ]
    return 200, json.dumps({"model_version_status": versions})


AVAILABLE = status(("AVAILABLE", "OK"))
LOADING = status(("LOADING", "OK"))
FAILED = status(("END", "NOT_FOUND"))


class Rest:
    """Answers with the next of ``script``, the last one for ever, and remembers what was asked."""

    def __init__(self) -> None:
        self.script: list[tuple[int, str]] = []
        self.asked: list[str] = []
        rest = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                rest.asked.append(self.path)
                code, body = rest.script[min(len(rest.asked), len(rest.script)) - 1]
                self.send_response(code)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    def check(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Exit status and complaint of the health command."""
        done = subprocess.run(
            [sys.executable, "-m", "tf_serving_start.health", *arguments],
            env={
                "PYTHONPATH": str(START),
                "MODEL_NAME": "ssdresnet",
                "REST_PORT": str(self.server.server_address[1]),
                # a proxy must not be asked about the container itself
                "http_proxy": "http://127.0.0.1:9",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.stdout == ""
        return done.returncode, done.stderr.strip()


@pytest.fixture
def rest() -> Iterator[Rest]:
    made = Rest()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_available_version_is_healthy(rest: Rest) -> None:
    rest.script = [AVAILABLE]

    assert rest.check() == (0, "")
    assert rest.asked == ["/v1/models/ssdresnet"]


def test_new_version_that_fails_beside_one_that_serves_is_healthy(rest: Rest) -> None:
    rest.script = [status(("END", "INTERNAL"), ("AVAILABLE", "OK"))]

    assert rest.check() == (0, "")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (LOADING, "version 1 LOADING OK why"),
        (FAILED, "version 1 END NOT_FOUND why"),
        (status(("AVAILABLE", "INTERNAL")), "version 1 AVAILABLE INTERNAL why"),
        ((200, '{"model_version_status": []}'), "no version of the model is known"),
        ((200, "[]"), "no version of the model is known"),
        ((200, "<html>"), "/v1/models/ssdresnet: JSONDecodeError: "),
        ((404, '{"error": "no"}'), '/v1/models/ssdresnet: HTTP 404 {"error": "no"}'),
    ],
)
def test_anything_else_is_not_though_rest_answers_200(
    answer: tuple[int, str], complaint: str, rest: Rest
) -> None:
    rest.script = [answer]

    code, said = rest.check()

    assert code == 1
    assert said.startswith(complaint)


def test_server_that_does_not_listen_is_not_healthy(rest: Rest) -> None:
    code, said = rest.check(REST_PORT="9")

    assert code == 1
    assert said.startswith("/v1/models/ssdresnet: ConnectionRefusedError: ")


def test_missing_variable_is_named(rest: Rest) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tf_serving_start.health"],
        env={"PYTHONPATH": str(START)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1, "MODEL_NAME and REST_PORT required\n")
    assert rest.asked == []


def test_wait_asks_until_the_version_is_available(rest: Rest) -> None:
    rest.script = [LOADING, LOADING, AVAILABLE]

    assert rest.check("--wait", "10") == (0, "")
    assert len(rest.asked) == 3


def test_wait_ends_in_time_with_the_last_answer(rest: Rest) -> None:
    rest.script = [LOADING]
    began = time.monotonic()

    code, said = rest.check("--wait", "1")

    assert (code, said) == (1, "version 1 LOADING OK why")
    assert len(rest.asked) >= 2
    assert time.monotonic() - began < 5
