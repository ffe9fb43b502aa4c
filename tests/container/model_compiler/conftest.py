"""S3 in process or behind a port, and vendors' programs that are small scripts."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DOUBLES = Path(__file__).resolve().parents[2] / "fixtures" / "compiler_doubles"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}
Install = Callable[..., None]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    """Empty buckets ``artifacts``, which keeps versions, and ``sources``."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield _buckets(boto3.client("s3", region_name="us-east-1"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a moto with the same buckets, for jobs in a process of their own."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    address = f"http://{host}:{port}"
    # what a server of moto holds belongs to the process, not to the server
    urllib.request.urlopen(f"{address}/moto-api/reset", data=b"").close()
    _buckets(boto3.client("s3", region_name="us-east-1", endpoint_url=address))
    yield address
    moto.stop()


def _buckets(client: S3Client) -> S3Client:
    client.create_bucket(Bucket="sources")
    client.create_bucket(Bucket="artifacts")
    client.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a double on the PATH, under the vendor's name, with its settings."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")

    def install_program(name: str, script: str, **settings: str) -> None:
        program = folder / name
        program.write_text(f"#!{sys.executable}\n{(DOUBLES / script).read_text()}")
        program.chmod(0o755)
        for key, value in settings.items():
            monkeypatch.setenv(f"FAKE_{key.upper()}", value)

    return install_program
