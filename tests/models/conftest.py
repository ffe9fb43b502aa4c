"""The models as their laptop builds lay them out, with weights made as ``prepare`` makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from inferctl.exporters.weights import prepare_weights
from model_folders import ModelFolder, is_cached, load_model_folder, models_root

Array = npt.NDArray[Any]


@pytest.fixture(scope="session")
def laptop_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder into which a model's laptop archive would be unpacked."""

    def lay_out(name: str) -> Path:
        folder = load_model_folder(models_root() / name)
        build = folder.select_build("laptop", "cpu")
        for weights in build.weights:
            if not is_cached(weights):
                prepare_weights(weights, lambda _done, _total: None)
        root = tmp_path_factory.mktemp(name)
        for file in folder.source_files(build):
            (root / file.path).parent.mkdir(parents=True, exist_ok=True)
            (root / file.path).symlink_to(file.location.resolve())
        return root

    return lay_out


@pytest.fixture
def golden() -> Callable[[str], tuple[dict[str, Any], Array, ModelFolder]]:
    """A model's golden input tensor, as JSON, the right answer as an array, and its folder."""

    def read(name: str) -> tuple[dict[str, Any], Array, ModelFolder]:
        folder = load_model_folder(models_root() / name)
        assert folder.file.golden is not None
        request = json.loads((folder.path / folder.file.golden.request).read_bytes())
        answer = json.loads((folder.path / folder.file.golden.answer).read_bytes())
        (tensor,), (output,) = request["inputs"], answer["outputs"]
        values = np.array(output["data"], np.float32).reshape(output["shape"])
        return tensor, values, folder

    return read
