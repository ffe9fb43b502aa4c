"""``inferctl models``, run as the operator runs it."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from inferctl.commands import models
from inferctl.exporters.graph import GraphWriter
from inferctl.exporters.origin import ExportError, Origin

MODEL_YAML = """\
description: d
licence: MIT
builds:
  laptop:
    targets: [cpu]
    overlays: [repository]
    precision: fp32
    weights: [{path: m/1/model.onnx, exporter: resnet50, source: {seed: 0}, sha256: SHA, size: LEN}]
  gpu:
    targets: [g5]
    overlays: [repository]
    precision: fp32
    weights: [{path: m.onnx, exporter: resnet50, source: {seed: 1}, sha256: null, size: null}]
"""


def _tiny(_origin: Origin) -> onnx.ModelProto:
    graph = GraphWriter("tiny")
    graph.input("x", TensorProto.FLOAT, ["batch"])
    graph.weight("w", np.ones(1, np.float32))
    graph.node("Add", ["x", "w"], "y")
    graph.output("y", ["batch"])
    return graph.model()


BYTES = _tiny(Path()).SerializeToString(deterministic=True)
DIGEST = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one model, ``m``, locked for the laptop and not for the GPU."""
    monkeypatch.setattr("model_folders.locations.REPOSITORY_ROOT", tmp_path)
    monkeypatch.setattr("inferctl.exporters.resnet50.export", _tiny)
    _write(tmp_path, DIGEST)
    return tmp_path


def _write(root: Path, digest: str) -> None:
    (root / "models/m").mkdir(parents=True, exist_ok=True)
    text = MODEL_YAML.replace("SHA", digest).replace("LEN", str(len(BYTES)))
    (root / "models/m/model.yaml").write_text(text)


def _run(root: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    models.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["models", *words, "--models", str(root / "models")])
    status: int = arguments.run(arguments)
    return status


def test_prepare_makes_what_the_laptop_needs_and_then_has_nothing_to_do(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(root, "prepare") == 0
    first = capsys.readouterr().out
    made = root / ".cache/weights" / f"{DIGEST}.onnx"
    stamp = made.stat().st_mtime_ns

    assert _run(root, "prepare") == 0

    assert first == f"weights 1/1: m m/1/model.onnx: 0.0 MB, {DIGEST}.onnx\n"
    assert made.read_bytes() == BYTES
    assert capsys.readouterr().out == "weights: nothing to do\n"
    assert made.stat().st_mtime_ns == stamp


def test_prepare_of_an_unlocked_build_says_how_to_lock_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(root, "prepare", "--build", "gpu") == 2

    assert "(run `inferctl models lock m --build gpu`)" in capsys.readouterr().err


def test_prepare_fails_when_the_export_does_not_match_its_lock(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(root, "a" * 64)

    assert _run(root, "prepare") == 1

    assert f"m: m/1/model.onnx: exporter resnet50 must give sha256 {'a' * 64}" in (
        capsys.readouterr().err
    )


def test_lock_pins_the_named_build_only(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(root, "lock", "m", "--build", "gpu") == 0

    text = (root / "models/m/model.yaml").read_text()
    assert text.count(DIGEST) == 2
    assert "null" not in text
    assert capsys.readouterr().out == f"m gpu m.onnx: locked {DIGEST}\n"


def test_lock_that_cannot_export_changes_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (root / "models/m/model.yaml").read_bytes()

    def fail(_origin: Origin) -> onnx.ModelProto:
        raise ExportError("the server is down")

    monkeypatch.setattr("inferctl.exporters.resnet50.export", fail)

    assert _run(root, "lock", "m") == 1
    assert (root / "models/m/model.yaml").read_bytes() == before
    assert capsys.readouterr().err.endswith("m/model.yaml: the server is down\n")


def test_list_shows_builds_targets_and_the_state_of_weights(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(root, "list") == 0

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == ["m", "laptop", "cpu", "-", "0.0", "MB", "not", "made", "yet,", "random"]
    assert lines[2] == ["m", "gpu", "g5", "-", "not", "locked"]


@pytest.mark.parametrize("action", ["list", "prepare", "lock"])
def test_a_wrong_model_file_is_bad_input(
    root: Path, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "models/m/model.yaml").write_text("licence: MIT\n")

    assert _run(root, action, "m") == 2

    assert capsys.readouterr().err.splitlines() == [
        f"{root}/models/m/model.yaml: description is required (add it)",
        f"{root}/models/m/model.yaml: builds is required (add it)",
    ]
