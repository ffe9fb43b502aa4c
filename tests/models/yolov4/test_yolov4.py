"""YOLOv4: the laptop's ensemble, and the TensorFlow program of the inf1 build beside it."""

from __future__ import annotations

import importlib.util
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inferctl.exporters import yolov4, yolov4_detections, yolov4_network
from inferctl.exporters.yolov4_heads import HEADS
from inferctl.exporters.yolov4_network import HEAD_CHANNELS, layers
from model_folders import NeuronTfRecipe, load_model_folder, models_root
from tests.support.fake_triton import PythonModel

FOLDER = models_root() / "yolov4"


def test_the_golden_answer_is_what_the_ensemble_says(
    laptop_model: Callable[[str], Path],
) -> None:
    repository = laptop_model("yolov4")
    tensor = json.loads((FOLDER / "golden/request.json").read_bytes())["inputs"][0]
    answer = json.loads((FOLDER / "golden/answer.json").read_bytes())["outputs"]
    file = np.array(tensor["data"], np.uint8).reshape(tensor["shape"])

    decoded = PythonModel(repository / "decode").run(FILE=file)
    detections = PythonModel(repository / "yolov4").run(
        image=decoded["PICTURE"], image_shape=decoded["SHAPE"]
    )

    assert decoded["SHAPE"].tolist() == [[120, 160]]
    for output in answer:
        values = np.array(output["data"], np.float32).reshape(output["shape"])
        assert np.abs(detections[output["name"]] - values).max() < 1e-3, output["name"]
    assert np.count_nonzero(detections["scores"]) == 11


def test_a_file_that_is_no_picture_is_answered_with_an_error(
    laptop_model: Callable[[str], Path],
) -> None:
    decode = PythonModel(laptop_model("yolov4") / "decode")

    (response,) = decode.responses({"FILE": np.zeros((1, 9), np.uint8)})

    assert response.error is not None
    assert "INPUT row 0 must be a JPEG or PNG file" in response.error.text


def test_the_recipe_has_the_articles_options() -> None:
    recipe = load_model_folder(FOLDER).builds["inf1"].compile

    assert isinstance(recipe, NeuronTfRecipe)
    assert recipe.no_fuse_ops == ("reshape", "lambda_1/Cast", "lambda_2/Cast", "lambda_3/Cast")
    assert (recipe.minimum_segment_size, recipe.batch_size, recipe.dynamic_batch_size) == (
        *(100, 1),
        True,
    )


class _Tensor:
    """A shape, which is all that the network's code looks at."""

    def __init__(self, *shape: int) -> None:
        self.shape = shape

    def __add__(self, _other: object) -> _Tensor:
        return self

    __mul__ = __add__


class _Weights:
    """Notes which convolutions are asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int, bool]] = []

    def convolution(self, inputs: int, outputs: int, size: int, normalised: bool) -> Any:
        self.asked.append((inputs, outputs, size, normalised))
        return np.empty((size, size, inputs, outputs), np.float16), 0


def _conv2d(value: _Tensor, kernel: Any, strides: list[int], padding: str) -> _Tensor:
    batch, rows, columns, channels = value.shape
    size, step = kernel.shape[0], strides[1]
    assert channels == kernel.shape[2]
    lost = 0 if padding == "SAME" else size - 1
    rows, columns = ((side - lost - 1) // step + 1 for side in (rows, columns))
    return _Tensor(batch, rows, columns, kernel.shape[3])


def _concat(values: list[_Tensor], axis: int) -> _Tensor:
    assert axis == -1
    assert len({value.shape[:3] for value in values}) == 1
    return _Tensor(*values[0].shape[:3], sum(value.shape[3] for value in values))


def _pad(value: _Tensor, pads: list[list[int]]) -> _Tensor:
    return _Tensor(*(side + sum(pair) for side, pair in zip(value.shape, pads, strict=True)))


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The program that writes the SavedModel, over a TensorFlow that counts sizes only."""

    def same(value: _Tensor, *_: object) -> _Tensor:
        return value

    tensorflow = types.ModuleType("tensorflow")
    tensorflow.__dict__.update(
        {
            "compat": types.SimpleNamespace(
                v1=types.SimpleNamespace(
                    nn=types.SimpleNamespace(conv2d=_conv2d, max_pool=same),
                    image=types.SimpleNamespace(
                        resize_nearest_neighbor=lambda value, size: _Tensor(
                            value.shape[0], *size, value.shape[3]
                        )
                    ),
                )
            ),
            "nn": types.SimpleNamespace(leaky_relu=same),
            "math": types.SimpleNamespace(softplus=same),
            "tanh": same,
            "pad": _pad,
            "concat": _concat,
        }
    )
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    spec = importlib.util.spec_from_file_location(
        "saved_model", FOLDER / "builds/inf1/saved_model.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_both_programs_have_the_same_convolutions_in_the_same_order(program: Any) -> None:
    weights = _Weights()

    heads = program.network(_Tensor(1, 608, 608, 3), weights)

    wanted = [(x.inputs, x.outputs, x.size, x.normalised) for x in layers()]
    assert weights.asked == wanted
    assert [head.shape for head in heads] == [
        (1, 608 // stride, 608 // stride, HEAD_CHANNELS) for stride in (8, 16, 32)
    ]


def test_both_programs_have_the_same_constants(program: Any) -> None:
    assert [(head.stride, head.stretch, head.anchors) for head in HEADS] == list(program.HEADS)
    for module, name in (
        (yolov4, "EPSILON"),
        (yolov4_detections, "SCORE_THRESHOLD"),
        (yolov4_detections, "OVERLAP_THRESHOLD"),
        (yolov4_detections, "DETECTIONS"),
        (yolov4_network, "SIDE"),
        (yolov4_network, "CLASSES"),
    ):
        assert getattr(program, name) == getattr(module, name)


def test_the_program_folds_the_normalisation_into_the_kernel(program: Any, tmp_path: Path) -> None:
    shift, scale, mean, variance = (
        np.array(x, np.float32) for x in ([1, 2], [3, 4], [5, 6], [7, 8])
    )
    kernel = np.arange(4, dtype=np.float32).reshape(2, 2, 1, 1)
    path = tmp_path / "w"
    parts = [shift, scale, mean, variance, kernel]
    path.write_bytes(bytes(20) + b"".join(part.tobytes() for part in parts))
    weights = program.Weights(str(path), np.float32)

    folded, bias = weights.convolution(2, 2, 1, True)

    weights.finish()
    value = np.array([0.5, -2.0], np.float32)
    plain = kernel[:, :, 0, 0] @ value
    normal = (plain - mean) / np.sqrt(variance + program.EPSILON) * scale + shift
    assert np.allclose(value @ folded[0, 0] + bias, normal, atol=1e-5)


def test_weights_that_are_too_long_or_too_short_are_refused(program: Any, tmp_path: Path) -> None:
    path = tmp_path / "w"
    path.write_bytes(bytes(20 + 4 * 3))
    weights = program.Weights(str(path), np.float32)

    with pytest.raises(ValueError, match="the weights end after 3 numbers"):
        weights.take(4)
    with pytest.raises(ValueError, match="the weights hold 3 numbers, YOLOv4 has 0"):
        weights.finish()
