"""Uploads: whole or not at all, written once, in parts of constant size."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from model_artifacts import StorageError
from model_artifacts.s3_upload import MIB, S3Upload, part_size
from tests.support.faulty_s3 import Fault, FaultyS3, answer, killed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BIG = b"x" * (17 * MIB)
SMALL = b"small"
KEY = "fleet/minilm/0123456789abcdef.tar.gz"


def upload(
    s3: S3Client, content: bytes = BIG, *faults: Fault, replace: bool = False
) -> tuple[bool, list[str]]:
    client = FaultyS3(s3, lambda: None, list(faults))
    with S3Upload(
        client.as_client(),
        bucket="artifacts",
        key=KEY,
        size_limit=len(content),
        metadata={"artifact-digest": "d"},
        replace=replace,
    ) as sink:
        for start in range(0, len(content), MIB):
            sink.write(content[start : start + MIB])
        return sink.commit(), client.calls


def content_of(s3: S3Client) -> bytes | None:
    listed = s3.list_objects_v2(Bucket="artifacts").get("Contents", [])
    return s3.get_object(Bucket="artifacts", Key=KEY)["Body"].read() if listed else None


def open_uploads(s3: S3Client) -> int:
    return len(s3.list_multipart_uploads(Bucket="artifacts").get("Uploads", []))


@pytest.mark.parametrize(
    ("limit", "size"),
    [
        (0, 16 * MIB),
        (160_000 * MIB, 16 * MIB),
        (160_000 * MIB + 1, 17 * MIB),
        (5_000_000 * MIB, 500 * MIB),
    ],
)
def test_ten_thousand_parts_hold_whatever_comes(limit: int, size: int) -> None:
    assert part_size(limit) == size


def test_small_content_is_one_put(s3: S3Client) -> None:
    written, calls = upload(s3, SMALL)

    assert (written, calls, content_of(s3)) == (True, ["put_object"], SMALL)
    head = s3.head_object(Bucket="artifacts", Key=KEY)
    assert head["Metadata"] == {"artifact-digest": "d"}


def test_big_content_goes_in_parts(s3: S3Client) -> None:
    written, calls = upload(s3)

    assert written
    assert calls == [
        "create_multipart_upload",
        "upload_part",
        "upload_part",
        "complete_multipart_upload",
    ]
    assert content_of(s3) == BIG


@pytest.mark.parametrize("content", [SMALL, BIG])
def test_object_that_is_there_is_left_alone_unless_it_is_to_be_replaced(
    s3: S3Client, content: bytes
) -> None:
    s3.put_object(Bucket="artifacts", Key=KEY, Body=b"there")

    assert upload(s3, content)[0] is False
    assert content_of(s3) == b"there"
    assert open_uploads(s3) == 0

    assert upload(s3, content, replace=True)[0] is True
    assert content_of(s3) == content


@pytest.mark.parametrize(
    "operation", ["create_multipart_upload", "upload_part", "complete_multipart_upload"]
)
@pytest.mark.parametrize(
    "error",
    [answer("SlowDown", 503), answer("InternalError", 500), answer("AccessDenied", 403)],
)
def test_failed_step_leaves_neither_object_nor_upload(
    s3: S3Client, operation: str, error: Callable[[], BaseException]
) -> None:
    with pytest.raises(StorageError) as caught:
        upload(s3, BIG, Fault(operation=operation, error=error))

    assert caught.value.transient is (caught.value.code != "AccessDenied")
    assert content_of(s3) is None
    assert open_uploads(s3) == 0


def test_second_part_that_fails_ends_the_upload(s3: S3Client) -> None:
    with pytest.raises(StorageError, match=r"uploading part 2 of s3://artifacts/fleet/minilm"):
        upload(s3, BIG, Fault(operation="upload_part", nth=2))

    assert open_uploads(s3) == 0


def test_lost_answer_to_a_completion_counts_as_there(s3: S3Client) -> None:
    fault = Fault(
        operation="complete_multipart_upload", after=True, error=answer("NoSuchUpload", 404)
    )

    assert upload(s3, BIG, fault)[0] is False
    assert content_of(s3) == BIG


def test_completion_of_an_upload_that_someone_aborted_is_an_error(s3: S3Client) -> None:
    fault = Fault(operation="complete_multipart_upload", error=answer("NoSuchUpload", 404))

    with pytest.raises(StorageError, match="NoSuchUpload"):
        upload(s3, BIG, fault)


def test_failure_of_the_abort_does_not_hide_the_first_failure(s3: S3Client) -> None:
    with pytest.raises(StorageError, match="uploading part 1"):
        upload(
            s3,
            BIG,
            Fault(operation="upload_part"),
            Fault(operation="abort_multipart_upload", error=answer("SlowDown", 503)),
        )


def test_killed_upload_makes_no_object(s3: S3Client) -> None:
    with pytest.raises(SystemExit):
        upload(s3, BIG, Fault(operation="upload_part", nth=2, error=killed))

    assert content_of(s3) is None


def test_checkpoint_that_raises_stops_and_later_writes_are_dropped(s3: S3Client) -> None:
    class StopError(Exception):
        pass

    def stop() -> None:
        raise StopError

    with S3Upload(
        s3, bucket="artifacts", key=KEY, size_limit=1, metadata={}, checkpoint=stop
    ) as sink:
        with pytest.raises(StopError):
            sink.write(SMALL)
        assert sink.write(SMALL) == len(SMALL), "a gzip writer that is being closed must not fail"
        sink.flush()

    assert content_of(s3) is None
