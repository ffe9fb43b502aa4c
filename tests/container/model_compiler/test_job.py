"""One job with the engine that runs everywhere, and each way it can end."""

from __future__ import annotations

import errno
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort
import pytest

from model_compiler.engine import Outcome, Work
from model_compiler.engines.onnxruntime import OnnxRuntimeEngine
from model_compiler.errors import (
    CompilerError,
    InfrastructureError,
    InputError,
    VerificationError,
)
from model_compiler.job import Job
from tests.support.compile_release import (
    ONNXRUNTIME,
    PREFIX,
    RECORD_KEY,
    Release,
    small_request,
    write_release,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def release(s3: S3Client, tmp_path: Path) -> Release:
    return write_release(s3, tmp_path, ONNXRUNTIME)


def _keys(s3: S3Client) -> list[str]:
    found = s3.list_objects_v2(Bucket="artifacts").get("Contents", [])
    return [item["Key"] for item in found if item["Key"] != RECORD_KEY]


def _json(s3: S3Client, key: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(s3.get_object(Bucket="artifacts", Key=key)["Body"].read())
    return body


def _archive(s3: S3Client, key: str) -> dict[str, bytes]:
    body = s3.get_object(Bucket="artifacts", Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        found = {name: archive.extractfile(name) for name in archive.getnames()}
        return {name: file.read() for name, file in found.items() if file is not None}


def test_the_archive_has_the_compiled_file_instead_of_the_source(
    s3: S3Client, release: Release
) -> None:
    made = Job(s3, release.settings).run()

    files = _archive(s3, release.archive_key)
    assert made
    assert sorted(files) == ["net/1/model.onnx", "net/config.pbtxt"]
    values = np.array(small_request()["inputs"][0]["data"], np.float32).reshape(2, 2, 4, 4)
    compiled, source = (
        ort.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"x": values})[0]
        for model in (
            files["net/1/model.onnx"],
            (release.folder / "repository/net/1/uncompiled.onnx").read_bytes(),
        )
    )
    assert np.abs(compiled - source).max() < 1e-5


def test_the_report_says_what_was_measured(s3: S3Client, release: Release) -> None:
    Job(s3, release.settings).run()

    report = _json(s3, release.report_key)
    head = s3.head_object(Bucket="artifacts", Key=release.archive_key)
    assert report["versions"] == {"onnxruntime": ort.__version__, "onnx": "1.23.2"}
    assert report["sizes"]["archive"] == head["ContentLength"]
    assert head["Metadata"] == {"artifact-digest": release.settings.digest}
    assert (
        report["sizes"]["input"]
        == (release.folder / "repository/net/1/uncompiled.onnx").stat().st_size
    )
    # the normalisation is folded into the convolution, and so is the activation
    assert report["operators"]["before"]["BatchNormalization"] == 1
    assert "BatchNormalization" not in report["operators"]["after"]
    assert report["verification"]["method"] == "executed"
    assert 0 <= report["verification"]["max_absolute_error"] < 1e-4
    assert report["verification"]["cosine"] > 0.9999
    assert report["verification"]["outputs"][0]["name"] == "y"
    assert report["peak_memory_bytes"] > 10_000_000
    assert {"fetch", "compile", "run", "verify", "assemble"} <= set(report["seconds"])
    assert all(seconds >= 0 for seconds in report["seconds"].values())
    assert report["key"] == release.archive_key.removeprefix(PREFIX)


def test_an_archive_that_is_there_leaves_nothing_to_do(s3: S3Client, release: Release) -> None:
    Job(s3, release.settings).run()
    first = s3.head_object(Bucket="artifacts", Key=release.archive_key)["VersionId"]
    # not even the manifest is needed
    s3.delete_object(Bucket="sources", Key=release.settings.manifest_key)

    made = Job(s3, release.settings).run()

    assert not made
    assert s3.head_object(Bucket="artifacts", Key=release.archive_key)["VersionId"] == first
    written = s3.list_object_versions(Bucket="artifacts")["Versions"]
    assert sorted(version["Key"] for version in written) == sorted(
        [release.archive_key, release.report_key, RECORD_KEY]
    )


def test_the_report_is_written_before_the_archive(s3: S3Client, release: Release) -> None:
    writes: list[str] = []
    s3.meta.events.register(
        "before-parameter-build.s3.PutObject",
        lambda params, **_: writes.append(params["Key"]),
    )

    Job(s3, release.settings).run()

    assert writes == [release.report_key, release.archive_key]


def test_a_report_that_a_dead_job_left_is_written_over(s3: S3Client, release: Release) -> None:
    s3.put_object(Bucket="artifacts", Key=release.report_key, Body=b"{}")

    Job(s3, release.settings).run()

    assert _json(s3, release.report_key)["model"] == "net"


def test_an_archive_that_another_job_wrote_meanwhile_stays(
    s3: S3Client, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_one = OnnxRuntimeEngine.compile

    def slow(self: OnnxRuntimeEngine, work: Work) -> Outcome:
        outcome = compile_one(self, work)
        s3.put_object(Bucket="artifacts", Key=release.archive_key, Body=b"the other one")
        return outcome

    monkeypatch.setattr(OnnxRuntimeEngine, "compile", slow)

    Job(s3, release.settings).run()

    body = s3.get_object(Bucket="artifacts", Key=release.archive_key)["Body"].read()
    assert body == b"the other one"


def test_bytes_other_than_promised_end_the_job_before_it_compiles(
    s3: S3Client, release: Release
) -> None:
    key = release.settings.source_pack_key
    pack = s3.get_object(Bucket="sources", Key=key)["Body"].read()
    s3.put_object(Bucket="sources", Key=key, Body=bytes(len(pack)))
    job = Job(s3, release.settings)

    with pytest.raises(InputError, match=r"SHA-256 should be [0-9a-f]{64}, got"):
        job.run()

    assert job.step == "fetch"
    assert _keys(s3) == []


def test_a_truncated_source_ends_the_job(s3: S3Client, release: Release) -> None:
    key = release.settings.source_pack_key
    pack = s3.get_object(Bucket="sources", Key=key)["Body"].read()
    s3.put_object(Bucket="sources", Key=key, Body=pack[:-1])

    with pytest.raises(InputError, match="source is truncated"):
        Job(s3, release.settings).run()


def test_missing_sources_end_the_job(s3: S3Client, release: Release) -> None:
    s3.delete_object(Bucket="sources", Key=release.settings.source_pack_key)

    with pytest.raises(InputError, match=r"s3://sources/.*\.pack does not exist"):
        Job(s3, release.settings).run()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"manifest_key": "other.json"}, "s3://sources/other.json does not exist"),
        ({"manifest_digest": "0" * 64}, "SHA-256 should be 0000"),
        ({"model": "other"}, "has no model 'other'"),
        ({"digest": "1" * 64}, "in the manifest, the job is for 1111111111111111"),
    ],
)
def test_a_job_that_contradicts_the_manifest_ends(
    s3: S3Client, release: Release, changes: Mapping[str, str], message: str
) -> None:
    job = Job(s3, release.with_settings(**changes).settings)

    with pytest.raises(InputError, match=message):
        job.run()

    assert job.step == "read manifest"


@pytest.mark.parametrize(("code", "error"), [(errno.ENOSPC, "full"), (errno.EDQUOT, "full")])
def test_a_full_disk_may_be_another_one_next_time(
    s3: S3Client,
    release: Release,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    error: str,
) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(code, "No space left on device")

    monkeypatch.setattr("model_compiler.assemble.write_archive", full)
    job = Job(s3, release.settings)

    with pytest.raises(InfrastructureError, match=f"the disk is {error}: .*more storage"):
        job.run()

    assert job.step == "assemble"
    assert _keys(s3) == []


def test_a_wrong_answer_publishes_nothing(
    s3: S3Client, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_one = OnnxRuntimeEngine.compile

    def drifting(self: OnnxRuntimeEngine, work: Work) -> Outcome:
        outcome = compile_one(self, work)
        assert outcome.got is not None
        got = {name: values + np.float32(0.5) for name, values in outcome.got.items()}
        return Outcome(**{**vars(outcome), "got": got})

    monkeypatch.setattr(OnnxRuntimeEngine, "compile", drifting)
    job = Job(s3, release.settings)

    with pytest.raises(VerificationError, match=r"output y differs by 0\.5 .* allowed is 0\.0001"):
        job.run()

    assert job.step == "verify"
    assert _keys(s3) == []


def test_nothing_is_written_for_a_fleet_that_was_deleted_meanwhile(
    s3: S3Client, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_one = OnnxRuntimeEngine.compile

    def deleting(self: OnnxRuntimeEngine, work: Work) -> Outcome:
        s3.delete_object(Bucket="artifacts", Key=RECORD_KEY)
        return compile_one(self, work)

    monkeypatch.setattr(OnnxRuntimeEngine, "compile", deleting)

    assert not Job(s3, release.settings).run()
    assert _keys(s3) == []


def test_a_model_that_the_compiler_cannot_read_is_its_error(s3: S3Client, tmp_path: Path) -> None:
    release = write_release(
        s3,
        tmp_path,
        {**ONNXRUNTIME, "input": "net/1/broken.onnx"},
        extra={"net/1/broken.onnx": "this is no model"},
    )
    job = Job(s3, release.settings)

    with pytest.raises(CompilerError, match="onnx-worker ended with status 1; its last lines"):
        job.run()

    assert job.step == "compile"
    assert _keys(s3) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "z"}, "inputs are x, the request has z"),
        ({"datatype": "INT32"}, r"input x is a tensor\(float\), the request has int32"),
    ],
)
def test_a_request_that_does_not_fit_is_wrong_input(
    s3: S3Client, tmp_path: Path, change: Mapping[str, str], message: str
) -> None:
    tensor = {**small_request()["inputs"][0], **change}
    release = write_release(s3, tmp_path, ONNXRUNTIME, request={"inputs": [tensor]})

    with pytest.raises(InputError, match=f"the request to verify with does not fit: {message}"):
        Job(s3, release.settings).run()


def test_a_busy_bucket_is_the_infrastructures_fault(
    s3: S3Client, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model_compiler.job.is_published", lambda *_: False)
    monkeypatch.setattr("model_compiler.job.is_wanted", lambda *_: True)

    with pytest.raises(InfrastructureError, match="NoSuchBucket"):
        Job(s3, replace(release.settings, bucket="none")).run()


def test_nothing_is_left_on_the_machine(
    s3: S3Client, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    Job(s3, release.settings).run()

    assert list(scratch.iterdir()) == []
