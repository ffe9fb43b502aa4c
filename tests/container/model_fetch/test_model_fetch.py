"""The archive of a fleet in a task's volume, fetched by the program as a process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.container.tf_serving_start.archives import (
    SAVED_MODEL,
    archive,
    foreign,
    with_wrong_checksum,
)

ROOT = Path(__file__).resolve().parents[3]
DIGEST = hashlib.sha256(b"yolov4").hexdigest()
URI = f"s3://artifacts/demo/yolov4/{DIGEST[:16]}.tar.gz"
FILES = {f"yolov4/1/{path}": data for path, data in SAVED_MODEL.items()}
PATHS = os.pathsep.join(
    str(ROOT / path) for path in ("container/model_fetch", "container/tf_serving_start", "lambda")
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://127.0.0.1:{1}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(server: str) -> Iterator[Any]:
    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test")
    client = session.client("s3", region_name="us-east-1", endpoint_url=server)
    client.create_bucket(Bucket="artifacts")
    yield client
    reset = urllib.request.Request(f"{server}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    folder = tmp_path / "volume"
    folder.mkdir()
    return folder


def put(bucket: Any, body: bytes, digest: str = DIGEST) -> None:
    bucket.put_object(
        Bucket="artifacts",
        Key=URI.removeprefix("s3://artifacts/"),
        Body=body,
        Metadata={"artifact-digest": digest},
    )


def fetch(server: str, volume: Path, **given: str) -> tuple[int, str]:
    """Its exit status and what it wrote."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": PATHS,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": server,
        "NO_PROXY": "127.0.0.1",
        "AWS_REGION": "us-east-1",
        "MODEL_URI": URI,
        "MODEL_DIGEST": DIGEST,
        "MODEL_FOLDER": str(volume),
        **given,
    }
    process = subprocess.run(
        [sys.executable, "-m", "model_fetch"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return process.returncode, process.stdout + process.stderr


def written(volume: Path) -> dict[str, bytes]:
    return {
        path.relative_to(volume).as_posix(): path.read_bytes()
        for path in volume.rglob("*")
        if path.is_file()
    }


def test_the_files_of_the_archive_lie_in_the_volume(server: str, bucket: Any, volume: Path) -> None:
    put(bucket, archive(FILES))

    status, log = fetch(server, volume)

    assert (status, written(volume)) == (0, FILES), log


def test_what_a_killed_attempt_left_is_gone(server: str, bucket: Any, volume: Path) -> None:
    put(bucket, archive(FILES))
    (volume / "yolov4" / "1").mkdir(parents=True)
    (volume / "yolov4" / "1" / "saved_model.pb").write_bytes(b"half")
    (volume / "other").write_bytes(b"x")

    status, log = fetch(server, volume)

    assert (status, written(volume)) == (0, FILES), log


def test_an_archive_of_another_identity_is_refused_and_nothing_is_written(
    server: str, bucket: Any, volume: Path
) -> None:
    other = DIGEST[:16] + "0" * 48
    put(bucket, archive(FILES), digest=other)

    status, log = fetch(server, volume)

    assert (status, written(volume)) == (1, {})
    assert f"{URI} must be artifact {DIGEST}, got {other}" in log


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (archive(FILES)[:-100], "is no whole .tar.gz"),
        (with_wrong_checksum(archive(FILES)), "is no whole .tar.gz"),
        (foreign(("../evil", b"0", "")), "path must be relative"),
        (foreign(("link", b"2", "/etc/passwd")), "is not an ordinary file"),
    ],
)
def test_an_archive_that_is_not_whole_or_leads_elsewhere_fails_the_task(
    server: str, bucket: Any, volume: Path, body: bytes, message: str
) -> None:
    put(bucket, body)

    status, log = fetch(server, volume)

    assert status == 1
    assert message in log and "Traceback" not in log


def test_a_collected_archive_is_named(server: str, bucket: Any, volume: Path) -> None:
    assert bucket.list_objects_v2(Bucket="artifacts")["KeyCount"] == 0

    status, log = fetch(server, volume)

    assert status == 1
    assert f"looking for {URI}, which may have been collected" in log
    assert "Traceback" not in log


def test_settings_are_refused_all_at_once(server: str, volume: Path) -> None:
    status, log = fetch(
        server,
        volume,
        MODEL_URI="s3://artifacts/demo/index.json",
        MODEL_DIGEST="abc",
        MODEL_FOLDER="volume",
        AWS_REGION="",
    )

    assert status == 2
    assert log.strip() == (
        "model-fetch cannot start: MODEL_URI must name a .tar.gz, got"
        " 's3://artifacts/demo/index.json'; MODEL_DIGEST must be 64 hexadecimal digits, got 'abc';"
        " MODEL_FOLDER must be the path of a volume, got 'volume'; AWS_REGION is required"
    )
