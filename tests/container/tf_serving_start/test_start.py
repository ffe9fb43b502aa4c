"""The start-up code as a process, with a scripted server and an S3 in memory."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model_artifacts import Artifact, Index, IndexEntry, empty_index, serialise_index
from tests.container.tf_serving_start.archives import SAVED_MODEL, archive
from tests.container.tf_serving_start.conftest import Bucket, Container
from tests.container.tf_serving_start.slow_store import slow_store

ARCHIVE = archive(SAVED_MODEL)
DIGEST = hashlib.sha256(ARCHIVE).hexdigest()


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".origin"
    }


def index_with(*digests: str) -> Index:
    current, previous = (
        Artifact(
            digest=digest * 64,
            key=f"resnet/{digest * 16}.tar.gz",
            size=len(ARCHIVE),
            target="cpu",
            build="default",
            serving_image="x",
            report=None,
            verification=None,
        )
        for digest in digests
    )
    index = empty_index(fleet="f", owner="o")
    return {**index, "models": {"resnet": IndexEntry(current=current, previous=previous)}}


def test_server_starts_with_the_model_of_the_archive(container: Container, bucket: Bucket) -> None:
    uri = bucket.put("models/resnet/a.tar.gz", ARCHIVE)

    status = container.run("--enable_batching=true", MODEL_URI=uri, MODEL_SHA256=DIGEST)

    assert status == 0
    assert files(container.version) == SAVED_MODEL
    (served,) = container.served()
    assert served["arguments"] == [
        "--port=8500",
        "--rest_api_port=8501",
        "--model_name=resnet",
        f"--model_base_path={container.version.parent}",
        "--enable_batching=true",
    ]


def test_exit_status_is_the_servers(container: Container, bucket: Bucket) -> None:
    uri = bucket.put("a.tar.gz", ARCHIVE)

    assert container.run(MODEL_URI=uri, FAKE_ACTION="exit 7") == 7


def test_signals_are_the_servers_and_so_is_the_process(
    container: Container, bucket: Bucket
) -> None:
    uri = bucket.put("a.tar.gz", ARCHIVE)
    process = container.start(MODEL_URI=uri, FAKE_ACTION="trap 9")
    (served,) = container.until(container.served)

    assert served["pid"] == process.pid
    # it may not have set its trap yet
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 9


def test_server_without_a_handler_ends_by_the_signal(container: Container, bucket: Bucket) -> None:
    uri = bucket.put("a.tar.gz", ARCHIVE)
    process = container.start(MODEL_URI=uri, FAKE_ACTION="sleep")
    container.until(container.served)

    process.send_signal(signal.SIGTERM)

    assert process.wait(10) == -signal.SIGTERM


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux what is ignored")
def test_server_ignores_no_signal_that_python_ignores(container: Container) -> None:
    (container.version / "saved_model.pb").parent.mkdir(parents=True)
    server = container.folder / "bin" / "asks"
    server.write_text("#!/bin/sh\nexec grep SigIgn /proc/self/status\n")
    server.chmod(0o755)

    status = container.run(MODEL_SERVER="asks")

    assert status == 0
    (mask,) = [x.split()[1] for x in container.log.splitlines() if x.startswith("SigIgn")]
    ignored = {number for number in signal.Signals if int(mask, 16) >> (number - 1) & 1}
    assert ignored.isdisjoint({signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGINT})


def test_second_start_fetches_nothing(container: Container, bucket: Bucket) -> None:
    uri = bucket.put("a.tar.gz", ARCHIVE)
    assert container.run(MODEL_URI=uri, MODEL_SHA256=DIGEST) == 0
    made = (container.version / "saved_model.pb").stat()

    # nobody listens there: any call would fail
    status = container.run(
        MODEL_URI=uri, MODEL_SHA256=DIGEST, AWS_ENDPOINT_URL="http://127.0.0.1:9"
    )

    assert status == 0
    assert len(container.served()) == 2
    assert (container.version / "saved_model.pb").stat().st_ino == made.st_ino
    assert "found the model in" in container.log


def test_model_of_the_image_is_served_without_s3(container: Container) -> None:
    container.version.mkdir(parents=True)
    (container.version / "saved_model.pb").write_bytes(b"x")

    status = container.run(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_REGION="")

    assert status == 0
    assert len(container.served()) == 1


def test_folder_of_a_saved_model_is_served_too(container: Container, bucket: Bucket) -> None:
    for path, data in SAVED_MODEL.items():
        bucket.put(f"saved/resnet/{path}", data)
    # what consoles make of a folder, and a neighbour with the same beginning
    bucket.put("saved/resnet/variables/", b"")
    bucket.put("saved/resnet2/saved_model.pb", b"other")

    status = container.run(MODEL_URI="s3://artifacts/saved/resnet")

    assert status == 0
    assert files(container.version) == SAVED_MODEL


def test_index_gives_the_archive_that_serves_the_model_now(
    container: Container, bucket: Bucket
) -> None:
    for digest in "ab":
        bucket.put(
            f"fleet/resnet/{digest * 16}.tar.gz",
            archive({"resnet/1/model.savedmodel/saved_model.pb": digest.encode()}),
        )
    uri = bucket.put("fleet/index.json", serialise_index(index_with("b", "a")))
    assert container.run(MODEL_URI=uri) == 0
    before = files(container.version)

    # rolled back
    bucket.put("fleet/index.json", serialise_index(index_with("a", "b")))
    assert container.run(MODEL_URI=uri) == 0

    assert before == {"saved_model.pb": b"b"}
    assert files(container.version) == {"saved_model.pb": b"a"}
    assert container.left() == []


@pytest.mark.parametrize(
    ("key", "body", "complaint"),
    [
        ("a.tar.gz", None, "s3://artifacts/a.tar.gz does not exist"),
        ("a.tar.gz", b"zip", "s3://artifacts/a.tar.gz is no whole .tar.gz: "),
        ("a.tar.gz", ARCHIVE[:-100], "s3://artifacts/a.tar.gz is no whole .tar.gz: "),
        ("a.tar.gz", archive({"x": b""}), "s3://artifacts/a.tar.gz holds no SavedModel: none of"),
        ("saved", None, "s3://artifacts/saved/ holds no object"),
        ("saved/../x", b"x", "s3://artifacts/saved/: path must be relative"),
        ("index.json", None, "s3://artifacts/index.json does not exist: nothing is published"),
        ("index.json", b"{}", "s3://artifacts/index.json: $.version is required"),
        (
            "index.json",
            serialise_index(empty_index(fleet="f", owner="o")),
            "model 'resnet' is not published in fleet f, published: none",
        ),
    ],
)
def test_model_that_cannot_be_had_ends_the_start_with_bucket_and_key(
    key: str, body: bytes | None, complaint: str, container: Container, bucket: Bucket
) -> None:
    if body is not None:
        bucket.put(key, body)

    status = container.run(MODEL_URI=f"s3://artifacts/{key.partition('/')[0]}")

    assert status == 1
    assert f"ERROR {complaint}" in container.log
    assert "Traceback" not in container.log
    assert container.served() == []
    assert container.left() == []
    assert not container.version.exists()


def test_archive_with_another_digest_is_not_served(container: Container, bucket: Bucket) -> None:
    uri = bucket.put("a.tar.gz", archive({"saved_model.pb": b"other"}))

    status = container.run(MODEL_URI=uri, MODEL_SHA256=DIGEST)

    assert status == 1
    assert f"s3://artifacts/a.tar.gz: SHA-256 should be {DIGEST}" in container.log
    assert container.served() == []
    assert not container.version.exists()


def test_missing_bucket_is_named(container: Container) -> None:
    assert container.run(MODEL_URI="s3://no-such-bucket/saved") == 1
    assert "ERROR listing s3://no-such-bucket/saved/: NoSuchBucket: " in container.log


def test_bad_environment_is_one_message_with_everything_in_it(container: Container) -> None:
    status = container.run("--port=1", MODEL_NAME="", REST_PORT="8500", MODEL_URI="x")

    assert status == 2
    (line,) = container.log.splitlines()
    assert line.startswith("tf-serving cannot start: MODEL_NAME is required; ")
    assert line.count("; ") == 3


def test_disk_that_takes_no_more_leaves_nothing(container: Container, bucket: Bucket) -> None:
    uri = bucket.put("a.tar.gz", ARCHIVE)
    # files of at most 100,000 bytes, while the weights have 350,000
    limited = (
        "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
        " os.execv(sys.executable, [sys.executable, '-m', 'tf_serving_start'])"
    )
    assert len(SAVED_MODEL["variables/variables.data-00000-of-00001"]) > 100_000

    done = subprocess.run(
        [sys.executable, "-c", limited],
        env={**container.environment, "MODEL_URI": uri},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 1
    assert "File too large" in done.stdout
    assert container.left() == []
    assert not container.version.exists()


def test_folder_that_cannot_be_written_is_named(container: Container, bucket: Bucket) -> None:
    uri = bucket.put("a.tar.gz", ARCHIVE)
    (container.folder / "models").write_text("a file where the folder should be")

    assert container.run(MODEL_URI=uri) == 1
    assert str(container.folder / "models") in container.log
    assert "Traceback" not in container.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_while_it_fetches_it_ends_within_a_second_and_leaves_nothing(
    number: signal.Signals, container: Container
) -> None:
    with slow_store(ARCHIVE) as (url, half_sent):
        process = container.start(MODEL_URI="s3://artifacts/a.tar.gz", AWS_ENDPOINT_URL=url)
        assert half_sent.wait(20)
        container.until(container.left)
        began = time.monotonic()
        process.send_signal(number)
        status = process.wait(10)

    assert status == 128 + number
    assert time.monotonic() - began < 1
    assert container.left() == []
    assert container.served() == []


def test_killed_while_it_fetches_it_leaves_no_version_and_the_next_start_cleans_up(
    container: Container, bucket: Bucket
) -> None:
    uri = bucket.put("a.tar.gz", ARCHIVE)
    with slow_store(ARCHIVE) as (url, half_sent):
        process = container.start(MODEL_URI=uri, AWS_ENDPOINT_URL=url)
        assert half_sent.wait(20)
        container.until(container.left)
        process.kill()
        process.wait(10)
    assert not container.version.exists()
    assert len(container.left()) == 1

    assert container.run(MODEL_URI=uri) == 0

    assert files(container.version) == SAVED_MODEL
    assert container.left() == []


def test_containers_that_share_the_folder_fetch_once(container: Container, bucket: Bucket) -> None:
    uri = bucket.put("a.tar.gz", ARCHIVE)

    processes = [
        container.start(MODEL_URI=uri, GRPC_PORT=str(9000 + 2 * n), REST_PORT=str(9001 + 2 * n))
        for n in range(3)
    ]

    assert [process.wait(30) for process in processes] == [0, 0, 0]
    assert container.log.count("placed the model") == 1
    assert container.log.count("found the model") == 2
    assert files(container.version) == SAVED_MODEL
