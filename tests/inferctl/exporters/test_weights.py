"""From a pin in a model file to a file in the cache, and back into the model file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from inferctl.exporters.graph import GraphWriter
from inferctl.exporters.lock import lock_model
from inferctl.exporters.origin import ExportError, Origin, Seed
from inferctl.exporters.weights import prepare_weights
from model_folders import SeedSource, WeightsFile, is_cached, load_model_folder

MODEL_YAML = """\
description: d  # kept
licence: MIT
builds:
  laptop:
    targets: [cpu]
    overlays: [repository]
    precision: fp32
    weights: &shared
      - path: m/1/model.onnx
        exporter: resnet50
        source: {seed: 4}
        sha256: null   # kept too
        size: null
  gpu: {targets: [g5], overlays: [repository], precision: fp32, weights: *shared}
  other:
    targets: [g6]
    overlays: [repository]
    precision: fp32
    weights: [{path: m.onnx, exporter: resnet50, source: {seed: 5}, sha256: null, size: null}]
"""


def _tiny(origin: Origin) -> onnx.ModelProto:
    assert isinstance(origin, Seed)
    graph = GraphWriter("tiny")
    graph.input("x", TensorProto.FLOAT, ["batch"])
    graph.weight("w", np.array([origin.value], np.float32))
    graph.node("Add", ["x", "w"], "y")
    graph.output("y", ["batch"])
    return graph.model()


@pytest.fixture
def tiny_exporter(monkeypatch: pytest.MonkeyPatch) -> str:
    """Makes ``resnet50`` export a tiny graph; the digest of the one with seed 4."""
    monkeypatch.setattr("inferctl.exporters.resnet50.export", _tiny)
    return hashlib.sha256(_tiny(Seed(4)).SerializeToString(deterministic=True)).hexdigest()


def _weights(sha256: str, *, exporter: str = "resnet50") -> WeightsFile:
    size = len(_tiny(Seed(4)).SerializeToString())
    return WeightsFile.model_validate(
        {"path": "m.onnx", "exporter": exporter, "source": {"seed": 4}, "sha256": sha256}
        | {"size": size}
    )


def _silent(_done: int, _total: int | None) -> None: ...


def test_prepared_weights_lie_under_their_digest(repository: Path, tiny_exporter: str) -> None:
    weights = _weights(tiny_exporter)
    assert not is_cached(weights)

    made = prepare_weights(weights, _silent)

    assert made.path == repository / ".cache/weights" / f"{tiny_exporter}.onnx"
    assert is_cached(weights)
    assert [path.name for path in made.path.parent.iterdir()] == [made.path.name]


def test_an_exporter_may_give_the_files_bytes(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inferctl.exporters.yolov4_darknet.export", lambda _origin: b"numbers")
    digest = hashlib.sha256(b"numbers").hexdigest()
    weights = WeightsFile(
        path="m.weights",
        exporter="yolov4_darknet",
        source=SeedSource(seed=0),
        sha256=digest,
        size=7,
    )

    made = prepare_weights(weights, _silent)

    assert made.path == repository / ".cache" / "weights" / f"{digest}.weights"
    assert made.path.read_bytes() == b"numbers"
    assert is_cached(weights)


def test_bytes_other_than_the_locked_ones_are_refused_and_removed(
    repository: Path, tiny_exporter: str
) -> None:
    with pytest.raises(ExportError) as caught:
        prepare_weights(_weights("0" * 64), _silent)

    assert str(caught.value) == (
        f"exporter resnet50 must give sha256 {'0' * 64}, got {tiny_exporter}"
        " (if the exporter was changed on purpose, lock again)"
    )
    assert list((repository / ".cache/weights").iterdir()) == []


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("exporter", ["resnet99", "graph"])
def test_an_exporter_that_is_none_is_refused_naming_those_there_are(
    tiny_exporter: str, exporter: str
) -> None:
    with pytest.raises(
        ExportError, match=rf"exporter '{exporter}' must be one of inception_v3, minilm, res"
    ):
        prepare_weights(_weights(tiny_exporter, exporter=exporter), _silent)


@pytest.mark.usefixtures("repository")
def test_locking_changes_digest_and_size_and_no_other_byte(
    tmp_path: Path, tiny_exporter: str
) -> None:
    (tmp_path / "m/repository").mkdir(parents=True)
    (tmp_path / "m/model.yaml").write_text(MODEL_YAML)
    folder = load_model_folder(tmp_path / "m")
    builds = [folder.builds["laptop"], folder.builds["gpu"]]

    lines = lock_model(folder, builds, _silent)

    size = len(_tiny(Seed(4)).SerializeToString())
    assert (tmp_path / "m/model.yaml").read_text() == MODEL_YAML.replace(
        "sha256: null   # kept", f"sha256: {tiny_exporter}   # kept"
    ).replace("size: null\n", f"size: {size}\n")
    assert lines == [
        f"m laptop m/1/model.onnx: locked {tiny_exporter}",
        f"m gpu m/1/model.onnx: locked {tiny_exporter}",
    ]
    again = load_model_folder(tmp_path / "m")
    assert again.builds["gpu"].weights[0].sha256 == tiny_exporter
    assert again.builds["other"].weights[0].sha256 is None
