"""How a platform becomes an application: the same way each time, and at any size."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_folders import load_model_folder
from stacks.application import build_app
from stacks.config import Platform, PlatformModel
from stacks.model_checks import ModelLintError, lint_models

_MODEL = """
description: a Python model that returns its input
licence: Apache-2.0
golden: null
builds:
  laptop:
    targets: [cpu]
    overlays: [repository]
    precision: fp32
    shapes: {INPUT0: [1]}
"""
_CONFIG = """
backend: "python"
max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 1 ] } ]
"""
_CODE = """
class TritonPythonModel:
    def execute(self, requests):
        return []
"""


def _write_model(root: Path, name: str, *, config: str = _CONFIG) -> PlatformModel:
    member = root / name / "repository" / "identity"
    (member / "1").mkdir(parents=True)
    (root / name / "model.yaml").write_text(_MODEL)
    (member / "config.pbtxt").write_text(config)
    (member / "1" / "model.py").write_text(f"# {name}{_CODE}")
    folder = load_model_folder(root / name)
    return PlatformModel(
        name=name,
        folder=folder,
        build=folder.select_build("laptop", "cpu"),
        target="cpu",
        max_request_bytes=1,
    )


def test_the_same_platform_gives_the_same_templates_and_sources(
    laptop: Any, synthesize: Callable[[Platform], Any]
) -> None:
    again = synthesize(laptop.platform)

    assert again.templates == laptop.templates
    for name in ("manifest.json", "sources.pack"):
        first, second = (
            each.directory / "sources.laptop-models" / name for each in (laptop, again)
        )
        assert first.read_bytes() == second.read_bytes()


def test_the_template_is_as_long_for_1000_models_as_for_3(
    laptop: Any, synthesize: Callable[[Platform], Any], tmp_path: Path
) -> None:
    models = tuple(_write_model(tmp_path, f"model-{index:04}") for index in range(1000))

    few, many = (
        synthesize(replace(laptop.platform, models=chosen)) for chosen in (models[:3], models)
    )

    file = "laptop-models.template.json"
    sizes = {(each.directory / file).stat().st_size for each in (few, many)}
    assert len(sizes) == 1
    manifest = json.loads((many.directory / "sources.laptop-models/manifest.json").read_text())
    assert len(manifest["models"]) == 1000


def test_weights_need_not_exist_to_synthesize(
    laptop: Any, synthesize: Callable[[Platform], Any], tmp_path: Path
) -> None:
    model = _write_model(tmp_path, "heavy")
    text = (tmp_path / "heavy" / "model.yaml").read_text()
    (tmp_path / "heavy" / "model.yaml").write_text(
        text
        + "    weights:\n"
        + "      - path: identity/1/weights.safetensors\n"
        + "        exporter: seeded\n"
        + "        source: {seed: 0}\n"
        + f"        sha256: {'ab' * 32}\n"
        + "        size: 90000000\n"
    )
    folder = load_model_folder(tmp_path / "heavy")
    heavy = replace(model, folder=folder, build=folder.select_build("laptop", "cpu"))

    synthesized = synthesize(replace(laptop.platform, models=(heavy,)))

    assets = (synthesized.directory / "laptop-models.assets.json").read_text()
    assert f'"objectKey": "{"ab" * 32}.safetensors"' in assets


def test_a_model_that_will_not_serve_is_refused_with_place_rule_and_fix(
    laptop: Any, context: dict[str, Any], tmp_path: Path
) -> None:
    broken = _write_model(tmp_path, "broken", config=_CONFIG.replace("TYPE_FP32", "TYPE_FP31"))
    platform = replace(laptop.platform, models=(broken,))

    with pytest.raises(ModelLintError) as caught:
        build_app(platform, context=context, outdir=tmp_path / "out")

    assert "identity/config.pbtxt" in str(caught.value)
    assert "fix: " in str(caught.value)
    assert "1 model: " in str(caught.value)
    assert all(finding.is_error for finding in caught.value.findings)


def test_embedded_models_are_linted_for_the_laptops_server(laptop: Any, tmp_path: Path) -> None:
    gpu = _write_model(tmp_path, "gpu", config='backend: "onnxruntime"\nmax_batch_size: 8\n')
    model = tmp_path / "gpu" / "repository" / "identity" / "1"
    shutil.move(model / "model.py", model / "model.onnx")

    with pytest.raises(ModelLintError, match="onnxruntime"):
        lint_models(replace(laptop.platform, models=(gpu,)))


def test_warnings_of_the_platform_are_shown_and_do_not_stop_it(
    laptop: Any, synthesize: Callable[[Platform], Any]
) -> None:
    synthesized = synthesize(replace(laptop.platform, warnings=("this type goes away",)))

    report = (synthesized.directory / "validation-report.json").read_text()
    assert "this type goes away" in report


def test_stacks_carry_the_platforms_name_as_a_tag(laptop: Any) -> None:
    manifest = json.loads((laptop.directory / "manifest.json").read_text())

    tags = {
        name: artifact["properties"]["tags"]
        for name, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert tags == {
        f"laptop-{stack}": {"inference-platform": "laptop"}
        for stack in ("network", "models", "endpoint", "cluster", "monitoring")
    }


def test_exports_lock_what_a_running_endpoint_stands_on(laptop: Any) -> None:
    imported = json.dumps([laptop.templates["endpoint"], laptop.templates["cluster"]])

    for stack in ("network", "models"):
        exports = [
            output["Export"]["Name"]
            for output in laptop.templates[stack]["Outputs"].values()
            if "Export" in output
        ]
        assert exports
        assert all(name in imported for name in exports)
