"""An S3 client that notes what each call asks of IAM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from tests.support.policies import Request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ARTIFACTS = "arn:aws:s3:::artifacts"
SOURCES = "arn:aws:s3:::sources"
KEY = "arn:aws:kms:us-east-1:123456789012:key/models"
_OBJECT_ACTIONS = {
    "get_object": "s3:GetObject",
    "head_object": "s3:GetObject",
    "put_object": "s3:PutObject",
    "create_multipart_upload": "s3:PutObject",
    "upload_part": "s3:PutObject",
    "complete_multipart_upload": "s3:PutObject",
    "abort_multipart_upload": "s3:AbortMultipartUpload",
}
_LIST_ACTIONS = {
    "list_object_versions": "s3:ListBucketVersions",
    "list_objects_v2": "s3:ListBucket",
}


def recording(client: S3Client, requests: list[Request]) -> S3Client:
    """``client``; what its calls need is added to ``requests``."""
    return cast("S3Client", RecordingS3(client, requests))


class RecordingS3:
    """Notes what each call asks of IAM."""

    def __init__(self, client: S3Client, requests: list[Request]) -> None:
        self._client = client
        self._requests = requests

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self._note(operation, arguments)
            try:
                return getattr(self._client, operation)(**arguments)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    # without this right the answer would have been 403
                    self._requests.append(
                        Request(action="s3:ListBucket", resource=_bucket(arguments))
                    )
                raise

        return call

    def get_paginator(self, operation: str) -> Any:
        paginator = self._client.get_paginator(cast("Any", operation))

        class Paginator:
            def paginate(_, **arguments: Any) -> Any:
                self._note(operation, arguments)
                yield from paginator.paginate(**arguments)

        return Paginator()

    def _note(self, operation: str, arguments: Mapping[str, Any]) -> None:
        bucket = _bucket(arguments)
        if operation in _LIST_ACTIONS:
            context = {"s3:prefix": arguments["Prefix"]}
            action = _LIST_ACTIONS[operation]
            self._requests.append(Request(action=action, resource=bucket, context=context))
        elif operation == "delete_objects":
            for item in arguments["Delete"]["Objects"]:
                assert item["VersionId"]
                self._requests.append(
                    Request(action="s3:DeleteObjectVersion", resource=f"{bucket}/{item['Key']}")
                )
        else:
            action = _OBJECT_ACTIONS[operation]
            resource = f"{bucket}/{arguments['Key']}"
            self._requests.append(Request(action=action, resource=resource))
            if bucket == ARTIFACTS and action in ("s3:GetObject", "s3:PutObject"):
                used = "kms:Decrypt" if action == "s3:GetObject" else "kms:GenerateDataKey"
                self._requests.append(Request(action=used, resource=KEY))
            if operation.endswith(("multipart_upload", "upload_part")):
                # S3 reads the parts that it puts together
                self._requests.append(Request(action="kms:Decrypt", resource=KEY))


def _bucket(arguments: Mapping[str, Any]) -> str:
    return f"arn:aws:s3:::{arguments['Bucket']}"
