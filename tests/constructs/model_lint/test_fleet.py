"""Linting model folders: where findings are, what a fleet shares, what thousands cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_folders import ModelFolder, load_model_folder
from model_lint import Finding, Repository, lint_build, lint_fleet

HERE = Path(__file__).parent
MODEL = """\
description: sentence embeddings
licence: Apache-2.0
builds:
  laptop:
    targets: [cpu]
    overlays: [repository, builds/laptop]
    precision: fp32
  gpu:
    targets: [g4dn, g5]
    overlays: [repository]
    precision: fp16
    compile:
      engine: tensorrt
      input: encoder/1/model.onnx
      output: encoder/1/model.plan
      precision: fp16
      shapes: {token_ids: {min: [1, 128], opt: [8, 128], max: [8, 128]}}
      verify: {request: golden/r.json, max_absolute_error: 0.1, minimum_cosine: 0.99}
    weights:
      - path: encoder/1/model.onnx
        exporter: minilm
        source: {seed: 0}
        sha256: null
        size: null
"""
Write = Callable[..., ModelFolder]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the good archive as a model folder: a python encoder, replaced on the GPU."""

    def _write(name: str = "minilm", **changes: str) -> ModelFolder:
        folder = tmp_path / "models" / name
        files: dict[str, str] = yaml.safe_load((HERE / "base.yaml").read_text())
        for path in [path for path in files if path.startswith(("golden/", "encoder/"))]:
            del files[path]
        laptop = {
            "encoder/config.pbtxt": (files["pool/config.pbtxt"])
            .replace('"HIDDEN" data_type: TYPE_FP32 dims: [ 128, 384 ]', "INPUT")
            .replace('"SENT_EMBED" data_type: TYPE_FP32 dims: [ 384 ]', "OUTPUT")
            .replace("INPUT", '"token_ids" data_type: TYPE_INT32 dims: [ 128 ]')
            .replace("OUTPUT", '"output" data_type: TYPE_FP32 dims: [ 128, 384 ]'),
            "encoder/1/model.py": files["pool/1/model.py"],
        }
        gpu = laptop["encoder/config.pbtxt"].replace('"python"', '"tensorrt"')
        tree = {f"repository/{path}": text for path, text in files.items()}
        tree |= {f"builds/laptop/{path}": text for path, text in laptop.items()}
        tree |= {"repository/encoder/config.pbtxt": gpu, "model.yaml": MODEL, **changes}
        for path, text in tree.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        return load_model_folder(folder)

    return _write


def _shown(findings: tuple[Finding, ...], folder: ModelFolder) -> list[str]:
    return [f"{f.rule.id} {f.place.removeprefix(f'{folder.path}/')}" for f in findings]


def _lint(folder: ModelFolder, build: str, target: str, **options: Any) -> tuple[Finding, ...]:
    facts: dict[str, Any] = {"image_tag": "26.05-py3", "image_kind": "laptop"} | options
    return lint_build(folder, folder.builds[build], target=target, **facts)


def test_good_folder_has_no_findings(write: Write) -> None:
    assert _lint(write(), "laptop", "cpu") == ()


def test_finding_names_the_file_of_the_overlay_that_wins(write: Write) -> None:
    wrong = 'backend: "python"\nmax_batch_size: x'
    folder = write(**{"builds/laptop/encoder/config.pbtxt": wrong})

    assert _shown(_lint(folder, "laptop", "cpu"), folder) == [
        "CFG001 builds/laptop/encoder/config.pbtxt:2:17"
    ]


def test_recipe_of_the_model_file_is_checked_without_weights_or_locks(write: Write) -> None:
    folder = write()

    assert _shown(_lint(folder, "gpu", "g5", image_kind="stock"), folder) == [
        "ENG003 repository/encoder/config.pbtxt:2:17"
    ]


def test_laptop_has_no_tensorrt_backend(write: Write) -> None:
    folder = write()

    found = _shown(_lint(folder, "gpu", "g5"), folder)
    assert "IMG001 repository/encoder/config.pbtxt:1:10" in found


def test_unknown_tag_is_refused(write: Write) -> None:
    with pytest.raises(KeyError, match=r"99\.99-py3"):
        _lint(write(), "laptop", "cpu", image_tag="99.99-py3")


@pytest.mark.parametrize(("tag", "shared"), [("23.03-py3", 4), ("26.05-py3", 0)])
def test_inner_names_are_shared_only_before_namespacing(
    tag: str, shared: int, write: Write
) -> None:
    folders = [write("first"), write("second")]
    selections = [(folder, folder.builds["laptop"], "cpu") for folder in folders]

    found = lint_fleet(selections, image_tag=tag, image_kind="extended")

    own = [finding for finding in found if finding.rule.id == "IMG005"]
    assert len(own) == shared
    assert {finding.model for finding in own} <= {"second"}


def test_equal_archives_are_reported_for_each_model(write: Write) -> None:
    folders = [write(name, **{"repository/notes/x": "stray"}) for name in ("first", "second")]
    selections = [(folder, folder.builds["laptop"], "cpu") for folder in folders]

    found = lint_fleet(selections, image_tag="26.05-py3", image_kind="laptop")

    assert [(f.rule.id, f.model, Path(f.path).parts[-3]) for f in found] == [
        ("LAY004", "first", "first"),
        ("LAY004", "second", "second"),
    ]


def test_archives_that_differ_in_weights_only_are_looked_at_once(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[Repository] = []

    def look(repository: Repository) -> tuple[Finding, ...]:
        looked_at.append(repository)
        return ()

    monkeypatch.setattr("model_lint.fleet.lint_repository", look)
    selections = []
    for digit in "abc":
        locked = MODEL.replace("sha256: null", f"sha256: {digit * 64}")
        folder = write(digit, **{"model.yaml": locked.replace("size: null", "size: 9")})
        selections.append((folder, folder.builds["gpu"], "g5"))
    changed = write("d", **{"repository/pool/config.pbtxt": 'backend: "python"'})

    lint_fleet(selections, image_tag="26.05-py3", image_kind="stock")
    assert len(looked_at) == 1

    selections.append((changed, changed.builds["gpu"], "g5"))
    lint_fleet(selections, image_tag="26.05-py3", image_kind="stock")
    assert len(looked_at) == 3
