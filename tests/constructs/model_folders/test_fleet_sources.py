"""The manifest and the pack that publication reads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from model_artifacts import Manifest, parse_manifest
from model_folders import (
    FleetSources,
    ModelFileError,
    blob_key,
    build_fleet_sources,
    load_model_folder,
)

WriteModel = Callable[..., Path]
LOCKED = """\
description: d
licence: MIT
builds:
  laptop:
    targets: [cpu]
    overlays: [repository]
    precision: fp32
    shapes: {x: [-1, 3]}
    weights:
      - path: m/1/model.onnx
        exporter: minilm
        source: {seed: 0}
        sha256: "0000000000000000000000000000000000000000000000000000000000000000"
        size: 5
"""


def _build(paths: list[Path], out: Path, *, prefix: str = "fleet/") -> FleetSources:
    folders = [load_model_folder(path) for path in paths]
    return build_fleet_sources(
        fleet="fleet",
        prefix=prefix,
        serving_image="26.05-py3",
        models=[(folder, folder.select_build(None, "cpu"), "cpu") for folder in folders],
        directory=out,
    )


def _manifest(sources: FleetSources) -> Manifest:
    return parse_manifest(sources.manifest_path.read_bytes())


def test_every_offset_points_at_the_file_with_that_digest(
    write_model: WriteModel, tmp_path: Path
) -> None:
    big = b"x" * (1024 * 1024 + 1)
    path = write_model(
        files={"repository/a": b"first", "repository/b": b"second", "repository/big.bin": big}
    )

    sources = _build([path], tmp_path / "out")

    pack = sources.pack_path.read_bytes()
    files = {file["path"]: file for file in _manifest(sources)["models"][0]["files"]}
    for name in ("a", "b"):
        start = files[name]["offset"]
        body = pack[start : start + files[name]["size"]]
        assert hashlib.sha256(body).hexdigest() == files[name]["sha256"]
    assert files["big.bin"]["blob"] == f"{hashlib.sha256(big).hexdigest()}.bin"
    assert [blob_key(blob) for blob in sources.blobs] == [files["big.bin"]["blob"]]
    assert sources.pack_digest == hashlib.sha256(pack).hexdigest()
    assert len(pack) == len(b"firstsecond")


def test_models_that_share_files_share_their_bytes(write_model: WriteModel, tmp_path: Path) -> None:
    paths = [write_model(name, files={"repository/a": b"same"}) for name in ("m1", "m2", "m3")]

    sources = _build(paths, tmp_path / "out")

    assert sources.pack_path.read_bytes() == b"same"
    assert [model["name"] for model in _manifest(sources)["models"]] == ["m1", "m2", "m3"]


def test_equal_sources_give_equal_bytes_in_any_order(
    write_model: WriteModel, tmp_path: Path
) -> None:
    paths = [write_model(name, files={"repository/a": name.encode()}) for name in ("m1", "m2")]

    one = _build(paths, tmp_path / "one")
    other = _build(paths[::-1], tmp_path / "other")

    assert one.manifest_path.read_bytes() == other.manifest_path.read_bytes()
    assert one.pack_digest == other.pack_digest
    assert one.manifest_digest == hashlib.sha256(one.manifest_path.read_bytes()).hexdigest()


def test_weights_need_not_be_on_disk_and_are_blobs(write_model: WriteModel, tmp_path: Path) -> None:
    sources = _build([write_model(yaml=LOCKED)], tmp_path / "out")

    model = _manifest(sources)["models"][0]
    assert model["files"][0] == {
        "path": "m/1/model.onnx",
        "mode": 0o644,
        "sha256": "0" * 64,
        "size": 5,
        "blob": f"{'0' * 64}.onnx",
    }
    assert (model["shapes"], model["recipe"], model["compiler_image"]) == (
        {"x": [-1, 3]},
        None,
        None,
    )
    assert [blob.is_weights for blob in sources.blobs] == [True]


def test_the_digest_follows_content_and_mode(write_model: WriteModel, tmp_path: Path) -> None:
    path = write_model(files={"repository/a": b"1"})

    def digest(out: str) -> str:
        return _manifest(_build([path], tmp_path / out))["models"][0]["digest"]

    first = digest("1")
    (path / "repository/a").touch()
    touched = digest("2")
    (path / "repository/a").chmod(0o755)
    executable = digest("3")
    (path / "repository/a").write_bytes(b"22")
    changed = digest("4")

    assert touched == first
    assert len({first, executable, changed}) == 3


def test_a_recipe_travels_with_the_compiler_of_the_serving_image(
    write_model: WriteModel, tmp_path: Path
) -> None:
    yaml = (
        "description: d\nlicence: MIT\nbuilds: {gpu: {targets: [g5], precision: fp16, overlays:"
        " [repository], compile: {engine: tensorrt, input: m.onnx, output: m.plan, precision:"
        " fp16, shapes: {x: {min: [1], opt: [2], max: [4]}}, verify: {request: r.json,"
        " max_absolute_error: 0.5, minimum_cosine: 0.9}}}}\n"
    )
    files = {"repository/m.onnx": b"o", "r.json": b"{}"}
    folder = load_model_folder(write_model(yaml=yaml, files=files))

    sources = build_fleet_sources(
        fleet="f",
        prefix="f/",
        serving_image="24.09-py3",
        models=[(folder, folder.builds["gpu"], "g5")],
        directory=tmp_path / "out",
    )

    model = _manifest(sources)["models"][0]
    assert model["compiler_image"] == "24.09-py3"
    assert model["recipe"] == {
        "engine": "tensorrt",
        "input": "m.onnx",
        "output": "m.plan",
        "precision": "fp16",
        "shapes": {"x": {"min": [1], "opt": [2], "max": [4]}},
        "calibration": None,
        "workspace_mib": None,
        "verify": {
            "request": "r.json",
            "max_absolute_error": 0.5,
            "minimum_cosine": 0.9,
            "sha256": hashlib.sha256(b"{}").hexdigest(),
        },
        "revision": 1,
    }
    # beside the archive's files, so that the compiler finds it and no server ever does
    golden = model["golden"]
    assert (golden["path"], golden["size"], golden["sha256"]) == (
        "r.json",
        2,
        hashlib.sha256(b"{}").hexdigest(),
    )
    assert [file["path"] for file in model["files"]] == ["m.onnx"]
    pack = sources.pack_path.read_bytes()
    assert pack[golden["offset"] : golden["offset"] + 2] == b"{}"


def test_the_problems_of_all_models_come_together(write_model: WriteModel, tmp_path: Path) -> None:
    broken = [write_model(name, files={}) for name in ("m1", "m2")]
    good = write_model("m3")

    with pytest.raises(ModelFileError) as caught:
        _build([*broken, good, good], tmp_path / "out", prefix="p" * 1000)

    assert [problem.split(" must ")[0].rpartition("/")[2] for problem in caught.value.problems] == [
        "models",
        *["models: the name 'm1'", "models: the name 'm2'"],
        *["models: the name 'm3'", "models: the name 'm3'"],
        *["model.yaml: builds.laptop.overlays[0]"] * 2,
    ]
    assert not (tmp_path / "out").exists()
