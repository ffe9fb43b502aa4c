"""Choosing a build, and the files that it puts into the archive."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from model_folders import ModelFileError, load_model_folder, weights_cache

TWO_BUILDS = """\
description: d
licence: MIT
golden: {request: golden.json, answer: golden.json, max_absolute_error: 0}
builds:
  laptop: {targets: [cpu], overlays: [repository, builds/laptop], precision: fp32}
  gpu-onnx: {targets: [g4dn, g5], overlays: [repository], precision: fp32, golden: null}
  gpu-tensorrt:
    targets: [g5]
    overlays: [repository]
    precision: fp16
    compile: {engine: tensorrt, input: m/1/x.onnx, output: m/1/x.plan, precision: fp16,
              shapes: {x: {min: [1], opt: [2], max: [4]}},
              verify: {request: golden.json, max_absolute_error: 0.1, minimum_cosine: 0.99}}
"""
LOCKED = """\
description: d
licence: MIT
builds:
  laptop:
    targets: [cpu]
    overlays: [repository]
    precision: fp32
    weights: [{path: m/1/model.onnx, exporter: minilm, source: {seed: 0}, sha256: LOCK, size: 9}]
"""
FILES = {
    "golden.json": b"{}",
    "repository/m/config.pbtxt": b"base",
    "repository/m/1/model.py": b"code",
    "builds/laptop/m/config.pbtxt": b"laptop",
}
WriteModel = Callable[..., Path]


def test_without_a_name_the_first_build_for_the_target_is_selected(
    write_model: WriteModel,
) -> None:
    folder = load_model_folder(write_model(yaml=TWO_BUILDS, files=FILES))

    chosen = [folder.select_build(None, target).name for target in ("cpu", "g4dn", "g5")]

    assert chosen == ["laptop", "gpu-onnx", "gpu-onnx"]
    assert folder.select_build("gpu-tensorrt", "g5").name == "gpu-tensorrt"


@pytest.mark.parametrize(
    ("name", "target", "message"),
    [
        (None, "inf2", "builds must hold one for target inf2, got laptop (cpu), gpu-onnx (g4dn,"),
        ("fast", "cpu", "builds must hold 'fast', got laptop (cpu), gpu-onnx (g4dn, g5), gpu-"),
        ("laptop", "g5", "builds.laptop.targets must hold g5, got cpu (choose another of laptop"),
    ],
)
def test_a_build_that_is_not_there_is_refused_naming_those_there_are(
    write_model: WriteModel, name: str | None, target: str, message: str
) -> None:
    folder = load_model_folder(write_model(yaml=TWO_BUILDS, files=FILES))

    with pytest.raises(ModelFileError) as caught:
        folder.select_build(name, target)

    assert message in str(caught.value)


def test_a_later_overlay_wins_and_files_come_sorted(write_model: WriteModel) -> None:
    folder = load_model_folder(write_model(yaml=TWO_BUILDS, files=FILES))

    files = folder.source_files(folder.builds["laptop"])

    assert [(file.path, file.location.read_bytes()) for file in files] == [
        ("m/1/model.py", b"code"),
        ("m/config.pbtxt", b"laptop"),
    ]
    assert files[1].sha256 == hashlib.sha256(b"laptop").hexdigest()
    assert (files[1].size, files[1].is_weights) == (6, False)


def test_modes_keep_only_whether_a_file_is_executable(write_model: WriteModel) -> None:
    path = write_model(files={"repository/a": b"", "repository/b": b""})
    (path / "repository/a").chmod(0o600)
    (path / "repository/b").chmod(0o700)

    folder = load_model_folder(path)

    assert [file.mode for file in folder.source_files(folder.builds["laptop"])] == [0o644, 0o755]


def test_what_editors_and_interpreters_leave_is_not_listed(write_model: WriteModel) -> None:
    left = ["__pycache__/m.cpython-311.pyc", "m.pyc", ".DS_Store", "._m", "m.py~", ".m.py.swp"]
    path = write_model(files={f"repository/1/{name}": b"" for name in [*left, ".keep", "m.py"]})

    folder = load_model_folder(path)

    listed = [file.path for file in folder.source_files(folder.builds["laptop"])]
    assert listed == ["1/.keep", "1/m.py"]


def test_weights_are_known_by_their_lock_alone(write_model: WriteModel) -> None:
    folder = load_model_folder(write_model(yaml=LOCKED.replace("LOCK", "a" * 64)))

    weights = folder.source_files(folder.builds["laptop"])[0]

    assert (weights.path, weights.sha256, weights.size) == ("m/1/model.onnx", "a" * 64, 9)
    assert weights.location == weights_cache() / f"{'a' * 64}.onnx"
    assert weights.is_weights
    assert not weights.location.exists()


def test_weights_without_a_lock_are_refused_with_the_command_to_run(
    write_model: WriteModel,
) -> None:
    yaml = LOCKED.replace("LOCK", "null").replace("size: 9", "size: null")
    folder = load_model_folder(write_model(yaml=yaml))

    with pytest.raises(ModelFileError) as caught:
        folder.source_files(folder.builds["laptop"])

    assert str(caught.value) == (
        f"{folder.path / 'model.yaml'}: builds.laptop.weights[0].sha256 must be locked, got null"
        " for 'm/1/model.onnx' (run `inferctl models lock small --build laptop`)"
    )
    assert [file.path for file in folder.overlay_files(folder.builds["laptop"])] == [
        "m/config.pbtxt"
    ]


def test_a_recipe_needs_its_input_and_not_its_output(write_model: WriteModel) -> None:
    path = write_model(yaml=TWO_BUILDS, files={**FILES, "repository/m/1/x.plan": b""})
    folder = load_model_folder(path)

    with pytest.raises(ModelFileError) as caught:
        folder.source_files(folder.builds["gpu-tensorrt"])

    assert [problem.split(" (")[0].split(": ")[1] for problem in caught.value.problems] == [
        "builds.gpu-tensorrt.compile must read only files of the build, got 'm/1/x.onnx'",
        "builds.gpu-tensorrt.compile.output must not be a source file, got 'm/1/x.plan'",
    ]


def test_the_request_to_verify_with_is_read_with_its_digest(write_model: WriteModel) -> None:
    folder = load_model_folder(write_model(yaml=TWO_BUILDS, files=FILES))

    request = folder.verification_request(folder.builds["gpu-tensorrt"])

    assert request is not None
    assert (request.path, request.size, request.mode) == ("golden.json", 2, 0o644)
    assert request.sha256 == hashlib.sha256(b"{}").hexdigest()
    assert folder.verification_request(folder.builds["laptop"]) is None


def test_a_request_to_verify_with_that_is_not_there_is_refused(write_model: WriteModel) -> None:
    yaml = TWO_BUILDS.replace("verify: {request: golden.json", "verify: {request: other.json")
    folder = load_model_folder(write_model(yaml=yaml, files=FILES))

    with pytest.raises(ModelFileError, match=r"verify.request must be a readable file .*'other"):
        folder.verification_request(folder.builds["gpu-tensorrt"])


def test_a_build_may_replace_the_golden_answer_or_do_without(write_model: WriteModel) -> None:
    folder = load_model_folder(write_model(yaml=TWO_BUILDS, files=FILES))

    assert folder.golden(folder.builds["laptop"]) == folder.file.golden
    assert folder.golden(folder.builds["gpu-onnx"]) is None


def test_an_edit_is_seen_by_the_next_load_only_even_with_equal_size_and_time(
    write_model: WriteModel,
) -> None:
    path = write_model(files={"repository/a": b"old"})
    os.utime(path / "repository/a", ns=(0, 12345))
    folder = load_model_folder(path)
    before = folder.source_files(folder.builds["laptop"])

    (path / "repository/a").write_bytes(b"new")
    os.utime(path / "repository/a", ns=(0, 12345))

    again = load_model_folder(path)
    assert before[0].sha256 == hashlib.sha256(b"old").hexdigest()
    assert folder.source_files(folder.builds["laptop"]) == before
    assert again.source_files(again.builds["laptop"])[0].sha256 == (
        hashlib.sha256(b"new").hexdigest()
    )


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, 3_000_000])
def test_digest_and_size_of_a_file_of(size: int, write_model: WriteModel) -> None:
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    folder = load_model_folder(write_model(files={"repository/a": body}))

    file = folder.overlay_files(folder.builds["laptop"])[0]

    assert (file.size, file.sha256) == (size, hashlib.sha256(body).hexdigest())


def test_files_that_cannot_be_read_are_all_named(
    write_model: WriteModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = load_model_folder(write_model(files={"repository/a": b"", "repository/b": b""}))

    def refuse(path: str, _: int) -> str:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("model_folders.folder.file_sha256", refuse)

    with pytest.raises(ModelFileError) as caught:
        folder.overlay_files(folder.builds["laptop"])
    assert caught.value.problems == [
        f"{folder.path}/repository/{name} must be readable, got Permission denied (check its mode)"
        for name in ("a", "b")
    ]
