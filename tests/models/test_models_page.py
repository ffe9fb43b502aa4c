"""``docs/models.md``: the model that it builds step by step loads, lints and answers as printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel

from model_folders import (
    ModelFolder,
    NeuronTfRecipe,
    NeuronxRecipe,
    OnnxRuntimeRecipe,
    TensorRtRecipe,
    Verification,
    load_model_folder,
)
from model_folders.model_file import BuildSpec, Golden, ModelFile
from model_lint import lint_build
from model_lint.output import summary
from tests.support.fake_triton import PythonModel

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
_FILE = re.compile(r"^`([^`]+)`\n\n```[a-z]+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def doubler(tmp_path: Path) -> ModelFolder:
    for path, content in _FILE.findall(PAGE):
        file = tmp_path / "doubler" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return load_model_folder(tmp_path / "doubler")


def test_the_model_of_the_page_will_serve(doubler: ModelFolder) -> None:
    build = doubler.select_build("laptop", "cpu")

    found = lint_build(doubler, build, target="cpu", image_tag="26.05-py3", image_kind="laptop")

    assert summary(found, 1) in PAGE
    assert found == ()


def test_the_model_of_the_page_answers_what_the_page_says(doubler: ModelFolder) -> None:
    request = json.loads((doubler.path / "golden/request.json").read_text())
    answer = json.loads((doubler.path / "golden/answer.json").read_text())

    got = PythonModel(doubler.path / "repository/doubler").run(
        IN=np.array(request["inputs"][0]["data"], np.float32).reshape(1, 4)
    )

    assert got["OUT"].tolist() == [answer["outputs"][0]["data"]]


RECIPES = (TensorRtRecipe, NeuronxRecipe, NeuronTfRecipe, OnnxRuntimeRecipe)


@pytest.mark.parametrize("section", [ModelFile, BuildSpec, Golden, Verification, *RECIPES])
def test_every_key_of_the_model_file_is_explained(section: type[BaseModel]) -> None:
    for key in section.model_fields:
        assert f"`{key}`" in PAGE or f"`golden.{key}`" in PAGE or f"`{key}." in PAGE, key
