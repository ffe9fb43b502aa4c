"""S3 as a dictionary: whole objects and ranges, conditional writes, and errors as S3 gives them."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from tests.support.faulty_s3 import answer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class MemoryS3:
    """Every bucket is there; nothing has versions. Safe to use from several threads."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self._lock = threading.Lock()

    def as_client(self) -> S3Client:
        return cast("S3Client", self)

    def keys(self, bucket: str) -> list[str]:
        """What a bucket holds."""
        return sorted(key for place, key in self.objects if place == bucket)

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: bytes,
        ContentType: str = "",  # noqa: ARG002  # S3 keeps it, nobody asks for it
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
    ) -> dict[str, Any]:
        with self._lock:
            stored = self.objects.get((Bucket, Key))
            if IfMatch is not None and stored is None:
                raise answer("NoSuchKey", 404)()
            taken = IfNoneMatch is not None and stored is not None
            if taken or (IfMatch is not None and IfMatch != _etag(stored or b"")):
                raise answer("PreconditionFailed", 412)()
            self.objects[Bucket, Key] = Body
        return {"ETag": _etag(Body)}

    def get_object(self, *, Bucket: str, Key: str, Range: str = "") -> dict[str, Any]:
        body = self._found(Bucket, Key, answer("NoSuchKey", 404))
        part = body
        if Range:
            first, last = Range.removeprefix("bytes=").split("-")
            part = body[int(first) : int(last) + 1]
        return {"Body": io.BytesIO(part), "ETag": _etag(body)}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"ETag": _etag(self._found(Bucket, Key, answer("404", 404)))}

    def delete_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        with self._lock:
            self.objects.pop((Bucket, Key), None)
        return {}

    def _found(self, bucket: str, key: str, missing: Callable[[], BaseException]) -> bytes:
        with self._lock:
            if (bucket, key) not in self.objects:
                raise missing()
            return self.objects[bucket, key]


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
