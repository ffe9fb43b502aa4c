"""TensorRT with a trtexec that answers as the real one does; no plan was built in these tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from accelerator_catalog import GPU_FAMILIES
from model_compiler.engines import trtexec
from model_compiler.engines.gpu import FAMILIES, check_gpu
from model_compiler.errors import (
    CompilerError,
    InfrastructureError,
    InputError,
    JobError,
    VerificationError,
)
from model_compiler.job import Job
from model_compiler.processes import Processes
from model_compiler.tensors import Array
from tests.container.model_compiler.conftest import Install
from tests.support.compile_release import (
    RECORD_KEY,
    TENSORRT,
    Release,
    small_request,
    write_release,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ONNX, PLAN, LAYERS = Path("/s/m.onnx"), Path("/o/m.plan"), Path("/t/l.json")
SHAPES = [
    "--minShapes=x:1x2x4x4",
    "--optShapes=x:2x2x4x4",
    "--maxShapes=x:4x2x4x4",
]
FILES = ["--onnx=/s/m.onnx", "--saveEngine=/o/m.plan", "--exportLayerInfo=/t/l.json"]


def _arguments(version: trtexec.Version, **changes: Any) -> list[str]:
    return trtexec.build_arguments(
        version,
        {**TENSORRT, **changes},
        onnx=ONNX,
        plan=PLAN,
        layers=LAYERS,
        calibration=Path("/s/c.cache"),
    )


@pytest.mark.parametrize(
    ("version", "changes", "tail"),
    [
        ((8, 5, 3), {}, ["--fp16", "--buildOnly"]),
        ((8, 6, 1), {}, ["--fp16", "--skipInference"]),
        ((8, 6, 1), {"precision": "fp32"}, ["--skipInference"]),
        ((10, 9, 0), {}, ["--fp16", "--skipInference"]),
        ((10, 9, 0), {"precision": "int8"}, ["--int8", "--calib=/s/c.cache", "--skipInference"]),
        (
            (10, 9, 0),
            {"workspace_mib": 14000},
            ["--memPoolSize=workspace:14000", "--fp16", "--skipInference"],
        ),
        ((11, 0, 0), {}, ["--skipInference"]),
        ((11, 0, 0), {"precision": "fp32"}, ["--skipInference"]),
    ],
)
def test_build_arguments_are_those_of_the_major_version(
    version: trtexec.Version, changes: Mapping[str, Any], tail: list[str]
) -> None:
    assert _arguments(version, **changes) == [*FILES, *SHAPES, *tail]


@pytest.mark.parametrize("gone", ["--explicitBatch", "--workspace", "--buildOnly"])
def test_no_argument_that_10_removed_is_given_to_it(gone: str) -> None:
    assert [a for a in _arguments((10, 0, 1), workspace_mib=1) if a.startswith(gone)] == []


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("[TensorRT v8503]", (8, 5, 3)),
        ("[TensorRT v8601]", (8, 6, 1)),
        ("&&&& RUNNING TensorRT.trtexec [TensorRT v100900] [b34]", (10, 9, 0)),
        ("[TensorRT v101300]", (10, 13, 0)),
        ("[TensorRT v110401]", (11, 4, 1)),
    ],
)
def test_the_version_is_read_from_the_banner(banner: str, version: trtexec.Version) -> None:
    assert trtexec.parse_version(banner) == version


def test_a_program_without_banner_is_no_trtexec() -> None:
    with pytest.raises(CompilerError, match="trtexec must name its version, got 'hello'"):
        trtexec.parse_version("hello")


@pytest.mark.parametrize(
    ("version", "recipe", "message"),
    [
        ((9, 0, 0), {"precision": "fp16"}, "TensorRT 9.0.0 is none of the major versions 8, 10"),
        ((10, 0, 0), {"precision": "int8"}, "precision int8 needs a calibration cache"),
        (
            (11, 0, 0),
            {"precision": "int8", "calibration": "c"},
            "TensorRT 11 has no calibration",
        ),
    ],
)
def test_what_a_version_cannot_build_is_refused(
    version: trtexec.Version, recipe: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        trtexec.check_version(version, recipe)


def test_whole_numbers_are_narrow_before_10() -> None:
    inputs: dict[str, Array] = {
        "ids": np.array([[1]], np.int64),
        "x": np.array([[1]], np.float32),
    }

    old, new = (trtexec.bindings(version, inputs) for version in ((8, 6, 1), (10, 0, 0)))

    assert [str(values.dtype) for values in old.values()] == ["int32", "float32"]
    assert new == inputs


def test_only_11_needs_the_file_itself_to_be_fp16() -> None:
    assert [trtexec.needs_autocast((major, 0, 0), "fp16") for major in trtexec.MAJORS] == [
        False,
        False,
        True,
    ]
    assert not trtexec.needs_autocast((11, 0, 0), "fp32")


def test_families_are_those_of_the_catalogue() -> None:
    for name, (model, capability) in FAMILIES.items():
        if name not in GPU_FAMILIES:
            continue
        family = GPU_FAMILIES[name]
        assert family.gpu == f"NVIDIA {model}"
        assert ".".join(map(str, family.compute_capability)) == capability
    assert {"g4dn", "g5", "g6"} <= set(FAMILIES)


@pytest.mark.parametrize(
    ("target", "listed"),
    [
        ("g4dn", "Tesla T4, 7.5, 15360 MiB, 535.161.08"),
        ("g5", "NVIDIA A10G, 8.6, 23028 MiB, 580.95.05"),
        ("g6", "NVIDIA L4, 8.9, 23034 MiB, 580.95.05"),
        ("g6e", "NVIDIA L40S, 8.9, 46068 MiB, 580.95.05"),
        ("p3", "Tesla V100-SXM2-16GB, 7.0, 16384 MiB, 535.161.08"),
    ],
)
def test_the_right_gpu_is_accepted(
    install: Install, tmp_path: Path, target: str, listed: str
) -> None:
    install("nvidia-smi", "nvidia_smi.py", gpu=listed)

    gpu = check_gpu(Processes(tmp_path, seconds=30), target)

    assert gpu.driver == listed.rpartition(", ")[2]


@pytest.mark.parametrize(
    ("target", "listed", "kind", "message"),
    [
        ("g6", "NVIDIA L40S, 8.9, 1 MiB, 1", InfrastructureError, "whose GPU is L4 .*has NVIDIA L"),
        ("g5", "No devices were found", InfrastructureError, "nvidia-smi must list a GPU"),
        ("p99", "NVIDIA A10G, 8.6, 1 MiB, 1", InputError, "target 'p99' is none of the GPU fam"),
    ],
)
def test_another_gpu_is_refused_before_the_build(
    install: Install,
    tmp_path: Path,
    target: str,
    listed: str,
    kind: type[JobError],
    message: str,
) -> None:
    install("nvidia-smi", "nvidia_smi.py", gpu=listed)

    with pytest.raises(kind, match=message):
        check_gpu(Processes(tmp_path, seconds=30), target)


def test_a_host_without_gpu_is_the_infrastructures_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(InfrastructureError, match="this host shows no GPU"):
        check_gpu(Processes(tmp_path, seconds=30), "g5")


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls"


def _release(s3: S3Client, tmp_path: Path, **changes: Any) -> Release:
    request = changes.pop("request", None)
    return write_release(s3, tmp_path, {**TENSORRT, **changes}, target="g5", request=request)


def _calls(path: Path) -> list[list[str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_plan_is_built_run_and_reported(
    s3: S3Client, tmp_path: Path, install: Install, calls: Path
) -> None:
    install("nvidia-smi", "nvidia_smi.py")
    install("trtexec", "trtexec.py", calls=str(calls))
    release = _release(s3, tmp_path)

    Job(s3, release.settings).run()

    body = s3.get_object(Bucket="artifacts", Key=release.report_key)["Body"].read()
    report = json.loads(body)
    assert report["versions"]["tensorrt"] == "10.16.0"
    assert report["versions"]["gpu"] == "NVIDIA A10G"
    assert report["operators"] == {"before": {}, "after": {"layer": 2}, "share": 1.0}
    assert report["verification"]["method"] == "executed"
    assert report["compiler_image"] == report["serving_image"] == "26.05-py3"
    version, build, run = _calls(calls)
    assert version == ["--help"]
    assert "--fp16" in build and "--skipInference" in build
    assert "--shapes=x:2x2x4x4" in run


@pytest.mark.parametrize(("rows", "used"), [(1, "2x"), (9, "4x")])
def test_the_request_is_fitted_into_the_profile(
    s3: S3Client, tmp_path: Path, install: Install, calls: Path, rows: int, used: str
) -> None:
    install("nvidia-smi", "nvidia_smi.py")
    install("trtexec", "trtexec.py", calls=str(calls))
    shapes = {"x": {"min": [2, 2, 4, 4], "opt": [2, 2, 4, 4], "max": [4, 2, 4, 4]}}
    release = _release(s3, tmp_path, shapes=shapes, request=small_request(rows))

    Job(s3, release.settings).run()

    assert f"--shapes=x:{used}2x4x4" in _calls(calls)[-1]


@pytest.mark.parametrize(
    ("settings", "changes", "kind", "message"),
    [
        ({"fails": "Unsupported"}, {}, CompilerError, "trtexec ended with status 1.*Unsupported"),
        ({"writes": "no"}, {}, CompilerError, "trtexec ended well and wrote no plan"),
        ({"drift": "nan"}, {}, VerificationError, "the plan's outputs are no numbers"),
        ({"version": "9000"}, {}, InputError, "TensorRT 9.0.0 is none"),
        (
            {},
            {"shapes": {"z": TENSORRT["shapes"]["x"]}},
            InputError,
            "the recipe shapes z, the request to verify with has x",
        ),
        (
            {},
            {"shapes": {"x": {"min": [1, 2, 5, 4], "opt": [1, 2, 5, 4], "max": [4, 2, 5, 4]}}},
            InputError,
            r"has shape \[2, 2, 4, 4\], the recipe allows \[1, 2, 5, 4\]",
        ),
    ],
)
def test_a_build_that_fails_says_why(
    s3: S3Client,
    tmp_path: Path,
    install: Install,
    settings: Mapping[str, str],
    changes: Mapping[str, Any],
    kind: type[JobError],
    message: str,
) -> None:
    install("nvidia-smi", "nvidia_smi.py")
    install("trtexec", "trtexec.py", **settings)
    release = _release(s3, tmp_path, **changes)

    with pytest.raises(kind, match=message):
        Job(s3, release.settings).run()

    found = s3.list_objects_v2(Bucket="artifacts").get("Contents", [])
    assert [item["Key"] for item in found] == [RECORD_KEY]


def test_a_build_that_takes_too_long_is_ended_with_its_last_lines(
    s3: S3Client, tmp_path: Path, install: Install
) -> None:
    install("nvidia-smi", "nvidia_smi.py")
    install("trtexec", "trtexec.py", sleep="60", started=str(tmp_path / "started"))
    release = _release(s3, tmp_path).with_settings(timeout_seconds=8)

    with pytest.raises(CompilerError, match=r"trtexec took longer than the 8 s .*RUNNING Tens"):
        Job(s3, release.settings).run()


def test_an_image_without_trtexec_is_a_compiler_error(
    s3: S3Client, tmp_path: Path, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("nvidia-smi", "nvidia_smi.py")
    monkeypatch.setattr("model_compiler.engines.tensorrt._PLACES", ("/nowhere/trtexec",))
    release = _release(s3, tmp_path)

    with pytest.raises(CompilerError, match="neither on the PATH nor at /nowhere/trtexec"):
        Job(s3, release.settings).run()
