"""Upload of a stream of unknown length, in constant memory, that never leaves half an object."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from model_artifacts.errors import StorageError
from model_artifacts.s3_calls import CONDITION_FAILED, is_missing, storage_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MIB: Final = 1 << 20
_PART_BYTES: Final = 16 * MIB
# docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
_PARTS: Final = 10_000
# a lost answer to a completion that worked makes botocore's retry fail with NoSuchUpload
_PERHAPS_THERE: Final = CONDITION_FAILED | {"NoSuchUpload", "ConditionalRequestConflict"}


def part_size(limit: int) -> int:
    """Bytes per part, at least 16 MiB, so that 10,000 parts hold ``limit`` bytes."""
    needed = -(-limit // _PARTS)
    return max(_PART_BYTES, -(-needed // MIB) * MIB)


class S3Upload:
    """A byte sink that becomes one object when `commit` is called, and nothing otherwise.

    Small content goes as one PutObject, the rest as parts, one after the other, so that one part
    is all the memory it takes. Unless ``replace``, an object that is already there is left alone,
    which counts as success: keys are digests. ``checkpoint`` is called before each write and may
    raise to stop the upload. Raises `StorageError`.
    """

    def __init__(
        self,
        s3: S3Client,
        *,
        bucket: str,
        key: str,
        size_limit: int,
        metadata: Mapping[str, str],
        replace: bool = False,
        checkpoint: Callable[[], None] = lambda: None,
    ) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = key
        self._metadata = dict(metadata)
        self._replace = replace
        self._checkpoint = checkpoint
        self._part_size = part_size(size_limit)
        self._buffer = io.BytesIO()
        self._broken = False
        self._upload_id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []
        self._place = f"s3://{bucket}/{key}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._upload_id is not None:
            self._abort(self._upload_id)

    def write(self, data: bytes, /) -> int:
        """Take ``data``; sends a part whenever one is full."""
        # a gzip writer flushes even when it is closed because of our own failure
        if not self._broken:
            self._broken = True
            self._checkpoint()
            self._buffer.write(data)
            if self._buffer.tell() >= self._part_size:
                self._send_part()
            self._broken = False
        return len(data)

    def flush(self) -> None:
        """Nothing to do: parts have a least size of their own. gzip writers ask for it."""

    def commit(self) -> bool:
        """Make the object appear; False when it was already there."""
        try:
            if self._upload_id is None:
                self._put()
            else:
                self._complete(self._upload_id)
                self._upload_id = None
        except StorageError as error:
            if error.code in _PERHAPS_THERE and self._exists():
                return False
            raise
        return True

    def _put(self) -> None:
        self._buffer.seek(0)
        with storage_errors(f"writing {self._place}"):
            if self._replace:
                self._s3.put_object(
                    Bucket=self._bucket, Key=self._key, Body=self._buffer, Metadata=self._metadata
                )
            else:
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=self._key,
                    Body=self._buffer,
                    Metadata=self._metadata,
                    IfNoneMatch="*",
                )

    def _complete(self, upload_id: str) -> None:
        if self._buffer.tell():
            self._send_part()
        with storage_errors(f"completing the upload of {self._place}"):
            if self._replace:
                self._s3.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._key,
                    UploadId=upload_id,
                    MultipartUpload={"Parts": self._parts},
                )
            else:
                self._s3.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._key,
                    UploadId=upload_id,
                    MultipartUpload={"Parts": self._parts},
                    IfNoneMatch="*",
                )

    def _send_part(self) -> None:
        if self._upload_id is None:
            with storage_errors(f"starting the upload of {self._place}"):
                self._upload_id = self._s3.create_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._key,
                    Metadata=self._metadata,
                    ChecksumAlgorithm="CRC32",
                )["UploadId"]
        number = len(self._parts) + 1
        self._buffer.seek(0)
        with storage_errors(f"uploading part {number} of {self._place}"):
            answer = self._s3.upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._upload_id,
                PartNumber=number,
                Body=self._buffer,
                ChecksumAlgorithm="CRC32",
            )
        part: CompletedPartTypeDef = {"PartNumber": number, "ETag": answer["ETag"]}
        # S3 wants the checksums of an upload that was started with an algorithm back at its end
        if "ChecksumCRC32" in answer:
            part["ChecksumCRC32"] = answer["ChecksumCRC32"]
        self._parts.append(part)
        self._buffer.seek(0)
        self._buffer.truncate()

    def _exists(self) -> bool:
        try:
            with storage_errors(f"looking for {self._place}"):
                self._s3.head_object(Bucket=self._bucket, Key=self._key)
        except StorageError as error:
            if is_missing(error):
                return False
            raise
        return True

    def _abort(self, upload_id: str) -> None:
        """Best effort: the failure that led here matters more, and a lifecycle rule cleans up."""
        self._upload_id = None
        with suppress(StorageError), storage_errors(f"aborting the upload of {self._place}"):
            self._s3.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=upload_id)
