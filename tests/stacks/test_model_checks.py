"""What would not serve is refused at synthesis: once, by lint, with rule, place and fix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_folders import load_model_folder
from stacks.config import Platform, PlatformModel, load_platform
from stacks.model_checks import ModelLintError, lint_models

ROOT = Path(__file__).resolve().parents[2]
_MODEL_FILE = """
description: two models that return their input
licence: Apache-2.0
builds:
  laptop: {targets: [cpu], overlays: [repository], precision: fp32}
"""
_TENSORS = """
max_batch_size: 8
input [ { name: "IN" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "OUT" data_type: TYPE_FP32 dims: [ 1 ] } ]
"""
_PYTHON = f'backend: "python"{_TENSORS}'
_CODE = "class TritonPythonModel:\n    def execute(self, requests):\n        return []\n"
_STEP = (
    'ensemble_scheduling { step [ { model_name: "first" model_version: -1'
    ' input_map { key: "IN" value: "IN" } output_map { key: "OUT" value: "OUT" } } ] }'
)
_ENSEMBLE = f'platform: "ensemble"{_TENSORS}{_STEP}'


@pytest.fixture
def with_model(
    tmp_path: Path, load: Callable[[str], Platform]
) -> Callable[[dict[str, str]], Platform]:
    """A laptop platform whose only model has these configs, by directory."""

    def with_model(configs: dict[str, str]) -> Platform:
        folder = tmp_path / "several"
        for directory, config in configs.items():
            version = folder / "repository" / directory / "1"
            version.mkdir(parents=True)
            (version.parent / "config.pbtxt").write_text(config)
            (version / ("model.py" if "python" in config else "model.graphdef")).write_text(_CODE)
        (folder / "model.yaml").write_text(_MODEL_FILE)
        loaded = load_model_folder(folder)
        model = PlatformModel(
            name=loaded.name,
            folder=loaded,
            build=loaded.select_build("laptop", "cpu"),
            target="cpu",
            max_request_bytes=1,
        )
        platform = load("platform: test\nregion: us-east-1\ndeploy_to: embedded\n")
        return replace(platform, models=(model,))

    return with_model


@pytest.mark.parametrize(
    ("configs", "rule"),
    [
        ({"first": _PYTHON, "second": _PYTHON}, "ENS001"),
        ({"first": _PYTHON, "a": _ENSEMBLE, "b": _ENSEMBLE}, "ENS002"),
        ({"first": f'platform: "tensorflow_graphdef"{_TENSORS}'}, "IMG001"),
    ],
)
def test_an_archive_that_cannot_serve_is_one_error_of_one_rule(
    configs: dict[str, str], rule: str, with_model: Callable[[dict[str, str]], Platform]
) -> None:
    with pytest.raises(ModelLintError) as caught:
        lint_models(with_model(configs))

    assert [finding.rule.id for finding in caught.value.findings] == [rule]


@pytest.mark.parametrize("configs", [{"first": _PYTHON}, {"first": _PYTHON, "ensemble": _ENSEMBLE}])
def test_one_model_or_one_ensemble_is_an_archive(
    configs: dict[str, str], with_model: Callable[[dict[str, str]], Platform]
) -> None:
    assert lint_models(with_model(configs)) == ()


@pytest.mark.parametrize("name", ["laptop", "dev", "prod"])
def test_models_of_a_shipped_platform_are_free_of_warnings(name: str) -> None:
    platform = load_platform(ROOT / "platforms" / f"{name}.yaml", models_root=ROOT / "models")

    assert lint_models(platform) == ()


def test_models_are_linted_for_the_kind_of_image_that_the_endpoint_runs(
    load: Callable[[str], Platform],
) -> None:
    text = (
        "platform: test\nregion: us-east-1\nendpoint: {image: {kind: KIND}}\n"
        "models: [{name: minilm}]\n"
    )

    with pytest.raises(ModelLintError) as caught:
        lint_models(load(text.replace("KIND", "stock")))

    assert {finding.rule.id for finding in caught.value.findings} == {"PYB008"}
    assert lint_models(load(text.replace("KIND", "extended"))) == ()


def test_lint_uses_the_golden_request_of_the_build(
    with_model: Callable[[dict[str, str]], Platform], tmp_path: Path
) -> None:
    platform = with_model({"first": _PYTHON})
    golden = "golden: {request: request.json, answer: answer.json, max_absolute_error: 0.0}\n"
    (tmp_path / "several" / "request.json").write_text("{}")
    (tmp_path / "several" / "answer.json").write_text("{}")

    found: dict[str, Any] = {}
    for own in ("", ", golden: null"):
        text = _MODEL_FILE.replace("precision: fp32", f"precision: fp32{own}")
        (tmp_path / "several" / "model.yaml").write_text(golden + text.lstrip())
        folder = load_model_folder(tmp_path / "several")
        model = replace(
            platform.models[0], folder=folder, build=folder.select_build("laptop", "cpu")
        )
        try:
            found[own] = lint_models(replace(platform, models=(model,)))
        except ModelLintError as error:
            found[own] = {finding.rule.id for finding in error.findings}

    assert found == {"": {"REQ001"}, ", golden: null": ()}
