"""One embedded AWS per test module, with a serving plane that only remembers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inferctl.localaws.app import LocalAws
from inferctl.localaws.http import HttpResponse


class RecordingServing:
    """Answers every invocation, and remembers it and what it was told to forget."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.forgotten: list[str] = []
        self.answer = HttpResponse(200, b'{"outputs": []}', {"Content-Type": "application/json"})

    def invoke(self, endpoint: str, **call: Any) -> HttpResponse:
        self.calls.append({"endpoint": endpoint, **call})
        return self.answer

    def forget(self, endpoint: str) -> None:
        self.forgotten.append(endpoint)

    def status(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        self.forgotten.clear()


@pytest.fixture(scope="module")
def recording_serving() -> RecordingServing:
    return RecordingServing()


@pytest.fixture(scope="module")
def local_aws(
    tmp_path_factory: pytest.TempPathFactory, recording_serving: RecordingServing
) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws"), serving=recording_serving) as aws:
        yield aws


@pytest.fixture(scope="module")
def lambda_role(local_aws: LocalAws) -> str:
    """The ARN of a role that Lambda may assume."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = local_aws.client("iam").create_role(
        RoleName="functions", AssumeRolePolicyDocument=policy
    )
    arn: str = role["Role"]["Arn"]
    return arn


@pytest.fixture(scope="session")
def archive() -> Callable[..., bytes]:
    """``archive({"handler.py": "..."})`` is a function's zip file."""

    def make(files: dict[str, str]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as zipped:
            for name, text in files.items():
                zipped.writestr(name, text)
        return buffer.getvalue()

    return make


@pytest.fixture
def shared_file(tmp_path: Path) -> Path:
    """A file through which a handler talks to its test."""
    return tmp_path / "shared.txt"
