"""What every handler test gets: no sockets, no credentials, S3 in process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws
from pytest_socket import disable_socket, enable_socket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(autouse=True)
def no_sockets() -> Iterator[None]:
    disable_socket()
    yield
    enable_socket()


@pytest.fixture(scope="session")
def s3_client() -> S3Client:
    """One client for all tests, since making one takes longer than most of them."""
    client: S3Client = boto3.client(  # pyright: ignore[reportUnknownMemberType]
        "s3",
        region_name="us-east-1",
        endpoint_url="https://s3.us-east-1.amazonaws.com",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )
    return client


@pytest.fixture
def s3(s3_client: S3Client) -> Iterator[S3Client]:
    """S3 with a versioned bucket ``artifacts`` and a bucket ``sources``; calls are tried once."""
    client = s3_client
    with mock_aws():
        for bucket in ("artifacts", "sources"):
            client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(
            Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"}
        )
        yield client
