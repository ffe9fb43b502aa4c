"""Ranges of objects, read to the end even when connections break."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from urllib3.exceptions import SSLError

from model_artifacts import SourceMissingError, StorageError
from model_artifacts.s3_reader import S3Reader, read_object
from tests.support.faulty_s3 import BrokenBody, Fault, FaultyS3, answer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT = bytes(range(200))


def read_all(reader: S3Reader, piece: int = 33) -> bytes:
    found = io.BytesIO()
    while data := reader.read(piece):
        found.write(data)
    reader.close()
    return found.getvalue()


def reader(s3: S3Client, *faults: Fault, size: int = 100, start: int = 20) -> S3Reader:
    s3.put_object(Bucket="sources", Key="pack", Body=CONTENT)
    client = FaultyS3(s3, lambda: None, list(faults)).as_client()
    return S3Reader(client, bucket="sources", key="pack", size=size, start=start)


def test_range_is_read_in_pieces(s3: S3Client) -> None:
    assert read_all(reader(s3)) == CONTENT[20:120]


def test_nothing_is_asked_for_an_empty_range(s3: S3Client) -> None:
    assert read_all(reader(s3, Fault(operation="get_object"), size=0)) == b""


def test_broken_connection_is_taken_up_where_it_broke(s3: S3Client) -> None:
    fault = Fault(operation="get_object", body=BrokenBody)

    assert read_all(reader(s3, fault)) == CONTENT[20:120]
    assert fault.seen == 2


def test_connection_that_never_gives_a_byte_is_a_transient_error(s3: S3Client) -> None:
    fault = Fault(operation="get_object", body=lambda data: BrokenBody(data[:1]), nth=0)

    with pytest.raises(StorageError, match=r"reading s3://sources/pack at byte 20") as caught:
        read_all(reader(s3, fault))

    assert caught.value.transient
    assert fault.seen == 5


@pytest.mark.parametrize(("size", "start"), [(300, 20), (10, 200)])
def test_object_that_is_too_short_just_ends(s3: S3Client, size: int, start: int) -> None:
    assert read_all(reader(s3, size=size, start=start)) == CONTENT[start:]


def test_whole_object_is_read_again_after_a_broken_connection(s3: S3Client) -> None:
    etag = s3.put_object(Bucket="sources", Key="pack", Body=CONTENT)["ETag"]
    fault = Fault(operation="get_object", body=BrokenBody)
    client = FaultyS3(s3, lambda: None, [fault]).as_client()

    assert read_object(client, bucket="sources", key="pack") == (CONTENT, etag)
    assert fault.seen == 2


def test_whole_object_that_never_comes_is_a_transient_error(s3: S3Client) -> None:
    s3.put_object(Bucket="sources", Key="pack", Body=CONTENT)
    fault = Fault(operation="get_object", body=BrokenBody, nth=0)
    client = FaultyS3(s3, lambda: None, [fault]).as_client()

    with pytest.raises(StorageError, match=r"reading s3://sources/pack: .*reset") as caught:
        read_object(client, bucket="sources", key="pack")

    assert caught.value.transient
    assert fault.seen == 5


def test_tls_failure_inside_a_body_is_a_broken_connection(s3: S3Client) -> None:
    class BrokenTls(io.BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            raise SSLError("decryption failed or bad record mac")

    assert read_all(reader(s3, Fault(operation="get_object", body=BrokenTls))) == CONTENT[20:120]


def test_missing_object_is_named(s3: S3Client) -> None:
    missing = S3Reader(s3, bucket="sources", key="gone", size=1)

    with pytest.raises(SourceMissingError, match="s3://sources/gone does not exist"):
        missing.read(1)


def test_denied_object_is_a_lasting_error(s3: S3Client) -> None:
    with pytest.raises(StorageError, match="AccessDenied") as caught:
        reader(s3, Fault(operation="get_object", error=answer("AccessDenied", 403))).read(1)

    assert not caught.value.transient
