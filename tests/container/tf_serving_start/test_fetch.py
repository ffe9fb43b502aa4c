"""Fetching with a client whose answers are scripted below botocore's retries."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from model_artifacts import SourceMissingError, StorageError
from tests.container.tf_serving_start.archives import SAVED_MODEL, archive
from tf_serving_start.fetch import fetch, resolve, s3_client
from tf_serving_start.source import ModelSource, parse_source

ARCHIVE = archive(SAVED_MODEL)
BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class Wire:
    """Answers with ``statuses`` first and then with ``body``, ranges included."""

    def __init__(self, *statuses: int, body: bytes = ARCHIVE) -> None:
        self.statuses = list(statuses)
        self.body = body
        self.sent: list[str] = []

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        self.sent.append(request.method)
        if self.statuses and (status := self.statuses.pop(0)) != 200:
            return self._response(request, status, BUSY if request.method == "GET" else b"")
        if request.method == "HEAD":
            return self._response(request, 200, b"", length=len(self.body))
        wanted = request.headers.get("Range")
        text = wanted.decode() if isinstance(wanted, bytes) else str(wanted)
        first, last = (int(x) for x in text.removeprefix("bytes=").split("-"))
        return self._response(request, 206, self.body[first : last + 1])

    def _response(
        self, request: Any, status: int, body: bytes, *, length: int | None = None
    ) -> AWSResponse:
        headers = {"Content-Length": str(len(body) if length is None else length)}
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), _Raw(body))


class _Raw(io.BytesIO):
    """The body of an answer, as urllib3 gives it."""

    def stream(self) -> list[bytes]:
        return [self.read()]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", taken.append)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return taken


def client_on(wire: Wire) -> Any:
    client: Any = s3_client("us-east-1")
    client.meta.events.register("before-send.s3", wire.answer)
    return client


SOURCE = parse_source("s3://artifacts/models/resnet.tar.gz")


@pytest.mark.parametrize("statuses", [(503, 503, 503, 503), (200, 503, 500, 503, 503)])
def test_throttled_and_failed_calls_are_tried_again(
    statuses: tuple[int, ...], pauses: list[float], tmp_path: Path
) -> None:
    wire = Wire(*statuses)

    fetch(client_on(wire), SOURCE, tmp_path)

    assert (tmp_path / "saved_model.pb").read_bytes() == SAVED_MODEL["saved_model.pb"]
    assert len(pauses) == 4


def test_s3_that_stays_busy_is_given_up_after_five_tries_with_bucket_and_key(
    pauses: list[float], tmp_path: Path
) -> None:
    wire = Wire(200, *[503] * 9)

    with pytest.raises(StorageError) as caught:
        fetch(client_on(wire), SOURCE, tmp_path)

    assert str(caught.value).startswith("reading s3://artifacts/models/resnet.tar.gz: SlowDown: ")
    assert wire.sent == ["HEAD"] + ["GET"] * 5
    assert len(pauses) == 4


@pytest.mark.usefixtures("pauses")
def test_index_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"reading s3://artifacts/models/index\.json: SlowDown"):
        resolve(client_on(Wire(*[503] * 5)), parse_source("s3://artifacts/models/index.json"), "m")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("pauses")
def test_missing_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError, match=r"^s3://artifacts/models/resnet.tar.gz does not"):
        fetch(client_on(Wire(404)), SOURCE, tmp_path)


@pytest.mark.usefixtures("pauses")
def test_digest_is_of_the_archive_as_it_is_stored(tmp_path: Path) -> None:
    source = ModelSource(
        kind=SOURCE.kind,
        bucket=SOURCE.bucket,
        key=SOURCE.key,
        sha256=hashlib.sha256(ARCHIVE).hexdigest(),
    )

    fetch(client_on(Wire()), source, tmp_path)

    assert (tmp_path / "saved_model.pb").exists()
