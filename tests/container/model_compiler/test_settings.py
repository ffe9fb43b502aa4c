"""The job's environment, and where it says that its log lies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from model_compiler.errors import InputError
from model_compiler.log_place import log_place
from model_compiler.settings import read_settings

GOOD = {
    "MODEL_COMPILER_BUCKET": "artifacts",
    "MODEL_COMPILER_PREFIX": "fleet/",
    "MODEL_COMPILER_SOURCE_BUCKET": "sources",
    "MODEL_COMPILER_MANIFEST_KEY": "m.json",
    "MODEL_COMPILER_MANIFEST_DIGEST": "0" * 64,
    "MODEL_COMPILER_SOURCE_PACK_KEY": "p.pack",
    "MODEL_COMPILER_MODEL": "net",
    "MODEL_COMPILER_DIGEST": "1" * 64,
    "MODEL_COMPILER_WORK_PREFIX": "fleet/work/0/",
}


def test_what_may_be_left_out_has_a_default() -> None:
    settings = read_settings(GOOD)

    assert settings.timeout_seconds == 3000


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_settings({})

    assert str(caught.value).split("; ") == [f"{name} is required" for name in GOOD]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MODEL_COMPILER_PREFIX": "/fleet/"}, "PREFIX must end with '/' and not begin with it"),
        ({"MODEL_COMPILER_WORK_PREFIX": "work"}, "WORK_PREFIX must end with '/'"),
        ({"MODEL_COMPILER_DIGEST": "1" * 16}, "DIGEST must be 64 lower-case hexadecimal digits"),
        ({"MODEL_COMPILER_TIMEOUT_SECONDS": "0"}, "from 1 to 86400, got '0'"),
        ({"MODEL_COMPILER_TIMEOUT_SECONDS": "1h"}, "whole number of seconds"),
    ],
)
def test_a_wrong_variable_is_refused(change: Mapping[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_settings({**GOOD, **change})


@pytest.fixture
def metadata() -> Iterator[str]:
    """A task metadata endpoint of ECS."""
    options = {"awslogs-group": "/aws/batch/compile", "awslogs-stream": "tensorrt/default/0123"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"LogDriver": "awslogs", "LogOptions": options}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v4/0123"
        server.shutdown()


def test_the_log_is_the_one_that_ecs_names(metadata: str) -> None:
    environment = {"ECS_CONTAINER_METADATA_URI_V4": metadata, "AWS_BATCH_JOB_ID": "j"}

    assert log_place(environment) == "/aws/batch/compile/tensorrt/default/0123"


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({}, ""),
        ({"AWS_BATCH_JOB_ID": "j"}, "Batch job j"),
        ({"AWS_BATCH_JOB_ID": "j", "MODEL_COMPILER_LOG": "/tmp/j.log"}, "/tmp/j.log"),
        (
            {"AWS_BATCH_JOB_ID": "j", "ECS_CONTAINER_METADATA_URI_V4": "http://127.0.0.1:9/v4"},
            "Batch job j",
        ),
    ],
)
def test_without_ecs_the_job_is_named(environment: Mapping[str, str], place: str) -> None:
    assert log_place(environment) == place
