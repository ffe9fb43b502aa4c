"""Inferentia2 with a torch_neuronx that notes what it is asked; no NeuronCore was near."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from model_compiler.engines.neuronx import compiler_arguments
from model_compiler.errors import CompilerError, InputError, JobError, VerificationError
from model_compiler.job import Job
from tests.container.model_compiler.conftest import DOUBLES
from tests.support.compile_release import RECORD_KEY, VERIFY, Release, small_request, write_release

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FAKES = DOUBLES / "neuronx"
LOADER = (
    "import torch\n\n\ndef load(path):\n    assert open(path).read()\n    return torch.Module()\n"
)
RECIPE: Mapping[str, Any] = {
    "engine": "neuronx",
    "input": "weights.txt",
    "loader": "loader.py",
    "output": "net/model_{batch}.pt",
    "inputs": ["x"],
    "batch_sizes": [4, 1],
    "auto_cast": "matmult",
    "verify": {**VERIFY, "max_absolute_error": 0.1},
}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(FAKES))
    monkeypatch.setenv("FAKE_CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def _release(s3: S3Client, tmp_path: Path, *, target: str = "inf2", **changes: Any) -> Release:
    return write_release(
        s3,
        tmp_path,
        {**RECIPE, **changes},
        target=target,
        extra={"loader.py": LOADER, "weights.txt": "w"},
        request=small_request(2),
    )


def _report(s3: S3Client, release: Release) -> dict[str, Any]:
    body = s3.get_object(Bucket="artifacts", Key=release.report_key)["Body"].read()
    report: dict[str, Any] = json.loads(body)
    return report


def _names(s3: S3Client, release: Release) -> list[str]:
    body = s3.get_object(Bucket="artifacts", Key=release.archive_key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return archive.getnames()


def test_one_file_is_traced_for_each_batch_size(s3: S3Client, tmp_path: Path, calls: Path) -> None:
    release = _release(s3, tmp_path)

    Job(s3, release.settings).run()

    traced = [json.loads(line) for line in calls.read_text().splitlines()]
    assert [call["shapes"] for call in traced] == [[[1, 2, 4, 4]], [[4, 2, 4, 4]]]
    assert all(call["cpu_backend"] for call in traced)
    assert traced[0]["arguments"] == [
        *("--target", "inf2", "--auto-cast", "matmult", "--auto-cast-type", "bf16", "-O2")
    ]
    assert _names(s3, release) == [
        "net/1/uncompiled.onnx",
        "net/config.pbtxt",
        "net/model_1.pt",
        "net/model_4.pt",
    ]


@pytest.mark.usefixtures("calls")
def test_without_a_core_the_compilers_number_format_is_imitated(
    s3: S3Client, tmp_path: Path
) -> None:
    release = _release(s3, tmp_path)

    Job(s3, release.settings).run()

    report = _report(s3, release)
    assert report["verification"]["method"] == "emulated"
    assert 0 < report["verification"]["max_absolute_error"] < 0.1
    assert report["versions"] == {"torch": "2.9.0", "torch-neuronx": "2.9.0.fake"}
    assert report["operators"]["before"] == {"aten::add": 1, "aten::mul": 1}
    assert report["compiler_image"].endswith("sdk2.31.1-ubuntu24.04")


@pytest.mark.usefixtures("calls")
def test_float32_cannot_be_told_from_the_uncompiled_module_and_is_said_so(
    s3: S3Client, tmp_path: Path
) -> None:
    release = _release(s3, tmp_path, auto_cast="none")

    Job(s3, release.settings).run()

    assert _report(s3, release)["verification"] == {
        "method": "inspected",
        "max_absolute_error": None,
        "cosine": None,
        "outputs": [],
    }


@pytest.mark.parametrize(
    ("recipe", "arguments"),
    [
        ({"auto_cast": "none"}, ["--auto-cast", "none", "-O2"]),
        (
            {"auto_cast": "all", "auto_cast_type": "fp16", "optimization_level": 3},
            ["--auto-cast", "all", "--auto-cast-type", "fp16", "-O3"],
        ),
    ],
)
def test_the_target_is_always_explicit(recipe: Mapping[str, Any], arguments: list[str]) -> None:
    given = {"auto_cast_type": "bf16", "optimization_level": 2, **recipe}

    assert compiler_arguments(given, "trn1") == ["--target", "trn1", *arguments]


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize(
    ("environment", "changes", "kind", "message"),
    [
        ({"FAKE_DRIFT": "0.5"}, {}, VerificationError, "output output0 differs by"),
        ({"FAKE_FAILS": "no lowering"}, {}, CompilerError, "status 1.*RuntimeError: no lowering"),
        ({"FAKE_WRITES": "text"}, {}, CompilerError, "model_1.pt must be a TorchScript archive"),
        ({}, {"inputs": ["z"]}, InputError, "the recipe names input 'z', the request .* has x"),
    ],
)
def test_a_compile_that_fails_publishes_nothing(
    s3: S3Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: Mapping[str, str],
    changes: Mapping[str, Any],
    kind: type[JobError],
    message: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    release = _release(s3, tmp_path, **changes)

    with pytest.raises(kind, match=message):
        Job(s3, release.settings).run()

    found = s3.list_objects_v2(Bucket="artifacts").get("Contents", [])
    assert [item["Key"] for item in found] == [RECORD_KEY]
