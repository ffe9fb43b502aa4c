"""The requests that hot models are called with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_folders import Build, ModelFileError, ModelFolder, hot_requests, load_model_folder
from model_folders.hot_requests import build_hot_requests

MODELS = Path(__file__).resolve().parents[3] / "models"


@pytest.fixture
def minilm() -> tuple[ModelFolder, Build]:
    folder = load_model_folder(MODELS / "minilm")
    return folder, folder.builds["laptop"]


def test_each_hot_model_is_called_with_its_golden_request(
    minilm: tuple[ModelFolder, Build], tmp_path: Path
) -> None:
    written = build_hot_requests([minilm], tmp_path)

    (request,) = json.loads(written.path.read_text())["models"]
    golden = minilm[0].golden(minilm[1])
    assert golden is not None
    assert request == {
        "name": "minilm",
        "body": (minilm[0].path / golden.request).read_text(),
    }


def test_requests_that_one_function_cannot_hold_are_refused(
    minilm: tuple[ModelFolder, Build], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hot_requests, "MOST_BYTES", 10)

    with pytest.raises(ModelFileError, match="one warm-up holds 10") as caught:
        build_hot_requests([minilm, minilm], tmp_path)

    assert "the golden requests of the 2 hot models have " in caught.value.problems[0]
