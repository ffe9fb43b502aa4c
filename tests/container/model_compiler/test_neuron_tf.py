"""Inferentia with a tensorflow-neuron that notes what it is asked; no NeuronCore was near."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from model_compiler.engines.neuron_tf import compile_options
from model_compiler.errors import CompilerError, InputError, JobError, VerificationError
from model_compiler.job import Job
from tests.container.model_compiler.conftest import DOUBLES
from tests.support.compile_release import RECORD_KEY, VERIFY, Release, small_request, write_release

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FAKES = DOUBLES / "tensorflow"
LOADER = """\
import json
import os


def save(path, folder):
    operators = [["image", "Placeholder"], ["conv", "Conv2D"], ["conv_1", "Conv2D"],
                 ["lambda_1/Cast", "Cast"], ["reshape/Reshape", "Reshape"],
                 ["reshape_1", "Reshape"]]
    os.makedirs(folder)
    with open(os.path.join(folder, "saved_model.pb"), "w") as stream:
        json.dump({"operators": operators, "inputs": {"x": 1}, "outputs": {"y": 1}}, stream)
"""
RECIPE: Mapping[str, Any] = {
    "engine": "neuron-tf",
    "input": "weights.txt",
    "loader": "loader.py",
    "output": "net/2",
    "no_fuse_ops": ["reshape", "lambda_1/Cast"],
    "minimum_segment_size": 100,
    "batch_size": 1,
    "dynamic_batch_size": True,
    "verify": VERIFY,
}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(FAKES))
    monkeypatch.setenv("FAKE_CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def _release(s3: S3Client, tmp_path: Path, **changes: Any) -> Release:
    return write_release(
        s3,
        tmp_path,
        {**RECIPE, **changes},
        target="inf1",
        extra={"loader.py": LOADER, "weights.txt": "w"},
        request=small_request(2),
    )


def test_operators_are_kept_off_the_chip_by_the_beginning_of_their_names(
    s3: S3Client, tmp_path: Path, calls: Path
) -> None:
    release = _release(s3, tmp_path)

    Job(s3, release.settings).run()

    assert json.loads(calls.read_text()) == {
        "no_fuse_ops": ["lambda_1/Cast", "reshape/Reshape", "reshape_1"],
        "minimum_segment_size": 100,
        "batch_size": 1,
        "dynamic_batch_size": True,
        "compiler_workdir": "...",
    }
    body = s3.get_object(Bucket="artifacts", Key=release.archive_key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert "net/2/saved_model.pb" in archive.getnames()
        assert not {"loader.py", "weights.txt"} & set(archive.getnames())


@pytest.mark.usefixtures("calls")
def test_the_share_on_the_chip_is_reported(s3: S3Client, tmp_path: Path) -> None:
    release = _release(s3, tmp_path)

    Job(s3, release.settings).run()

    body = s3.get_object(Bucket="artifacts", Key=release.report_key)["Body"].read()
    report = json.loads(body)
    assert report["operators"]["share"] == 0.79
    assert report["operators"]["before"]["Conv2D"] == 2
    assert report["operators"]["after"] == {"Cast": 1, "NeuronOp": 1, "Reshape": 2}
    assert report["verification"]["method"] == "inspected"
    assert report["verification"]["max_absolute_error"] is None
    assert report["compiler_image"] == "1.15.5.2.8.9.0-neuron-cc1.13.5.0"


def test_what_a_recipe_leaves_out_is_not_passed() -> None:
    recipe: dict[str, Any] = {
        "batch_size": 4,
        "dynamic_batch_size": False,
        "minimum_segment_size": None,
        "compiler_args": [],
    }

    assert compile_options(recipe) == {"batch_size": 4}
    with_arguments = {**recipe, "compiler_args": ["--neuroncore-pipeline-cores", "4"]}
    assert compile_options(with_arguments)["compiler_args"] == ["--neuroncore-pipeline-cores", "4"]


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize(
    ("environment", "changes", "kind", "message"),
    [
        ({}, {"no_fuse_ops": ["lambda_9"]}, InputError, "no operator's name begins with lambda_9"),
        ({"FAKE_FAILS": "neuron-cc died"}, {}, CompilerError, "status 1.*neuron-cc died"),
        ({"FAKE_SHARE": "0"}, {}, VerificationError, "no operator is on the chip"),
        (
            {"FAKE_SHARE": "0.4"},
            {"minimum_operator_share": 0.5},
            VerificationError,
            "40.0% of the operators are on the chip, at least 50.0% must",
        ),
        ({"FAKE_SIGNATURE": "z"}, {}, VerificationError, "the compiled model's signature is"),
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
