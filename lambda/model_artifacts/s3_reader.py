"""Objects of S3, as a whole or a range of one as a stream; broken connections are survived."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from model_artifacts.errors import SourceMissingError, StorageError
from model_artifacts.s3_calls import CONNECTION_ERRORS, is_missing, storage_errors

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

_RESUMES: Final = 4
_NO_SUCH_RANGE: Final = "InvalidRange"


def read_object(s3: S3Client, *, bucket: str, key: str) -> tuple[bytes, str]:
    """A whole object and its ETag; begins anew, up to 4 times, when the connection breaks.

    Raises `StorageError`, with a code that `is_missing` knows when there is no such object.
    """
    for attempt in range(_RESUMES + 1):
        with storage_errors(f"reading s3://{bucket}/{key}"):
            answer = s3.get_object(Bucket=bucket, Key=key)
            try:
                return answer["Body"].read(), answer["ETag"]
            except CONNECTION_ERRORS:
                if attempt == _RESUMES:
                    raise
    raise AssertionError("unreachable: the last attempt returns or raises")


class S3Reader:
    """Bytes ``start`` to ``start + size`` of an object; asks S3 only when read from.

    When the connection breaks, reading goes on where it stopped, up to 4 times in a row without
    a byte of progress. Raises `SourceMissingError` and `StorageError`. An object that ends early
    just ends: the caller knows how much it wanted.
    """

    def __init__(self, s3: S3Client, *, bucket: str, key: str, size: int, start: int = 0) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = key
        self._next = start
        self._end = start + size
        self._body: StreamingBody | None = None

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes; b"" at the end."""
        wanted = min(size, self._end - self._next)
        failures = 0
        while wanted > 0:
            try:
                data = self._open().read(wanted)
            except CONNECTION_ERRORS as error:
                self.close()
                failures += 1
                if failures > _RESUMES:
                    raise StorageError(
                        f"reading s3://{self._bucket}/{self._key} at byte {self._next}:"
                        f" {type(error).__name__}: {error}",
                        code=type(error).__name__,
                        transient=True,
                    ) from error
            else:
                self._next += len(data)
                return data
        return b""

    def close(self) -> None:
        """Give the connection back; a later read opens another one."""
        if self._body is not None:
            self._body.close()
            self._body = None

    def _open(self) -> StreamingBody | io.BytesIO:
        if self._body is None:
            place = f"s3://{self._bucket}/{self._key}"
            try:
                with storage_errors(f"reading {place}"):
                    self._body = self._s3.get_object(
                        Bucket=self._bucket,
                        Key=self._key,
                        Range=f"bytes={self._next}-{self._end - 1}",
                    )["Body"]
            except StorageError as error:
                if error.code == _NO_SUCH_RANGE:
                    return io.BytesIO()
                if is_missing(error):
                    raise SourceMissingError(f"{place} does not exist") from error
                raise
        return self._body
