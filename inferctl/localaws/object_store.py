"""Reads S3 objects of the embedded AWS by ``s3://`` address, as SageMaker's download does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from botocore.exceptions import ClientError

from inferctl.localaws import clients
from inferctl.localaws.serving.directory import ObjectNotFound


class S3ObjectStore:
    """`open` streams an object, `size` asks for its length in bytes."""

    @contextmanager
    def open(self, url: str) -> Iterator[BinaryIO]:
        """The object's bytes, to be read once; raises `ObjectNotFound`."""
        body = self._call("get_object", url)["Body"]
        try:
            yield cast(BinaryIO, body)
        finally:
            body.close()

    def size(self, url: str) -> int:
        """Bytes; raises `ObjectNotFound`."""
        return int(self._call("head_object", url)["ContentLength"])

    def _call(self, operation: str, url: str) -> dict[str, Any]:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        try:
            answer: dict[str, Any] = getattr(clients.client("s3"), operation)(
                Bucket=bucket, Key=key
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise ObjectNotFound(url) from error
            raise
        return answer
