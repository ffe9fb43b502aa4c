"""YOLOv4 as ONNX: its size is the published one, its detections those of a plain loop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from inferctl.exporters import yolov4, yolov4_darknet
from inferctl.exporters.darknet import Layer, number_count, read_weights, weights_bytes
from inferctl.exporters.origin import ExportError, Seed
from inferctl.exporters.yolov4_heads import HEADS
from inferctl.exporters.yolov4_network import layers

Array = npt.NDArray[Any]
SIDE = 64
SMALL = (
    Layer(name="conv0", inputs=1, outputs=2, size=3),
    Layer(name="conv1", inputs=2, outputs=3, size=1, normalised=False),
)


def test_the_network_has_the_published_number_of_parameters() -> None:
    convolutions = layers()

    # 64,363,101 trained ones and 66,304 means and variances
    assert number_count(convolutions) == 64_429_405
    statistics = sum(2 * layer.outputs for layer in convolutions if layer.normalised)
    assert statistics == 66_304
    # the size of yolov4.weights on the release page, whose header has 20 bytes
    assert 20 + 4 * number_count(convolutions) == 257_717_640
    assert [n for n, layer in enumerate(convolutions) if not layer.normalised] == [93, 101, 109]


def test_darknets_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    shapes = {name: shape for layer in SMALL for name, shape in layer.shapes.items()}
    tensors = {
        name: np.full(shape, number, np.float32)
        for number, (name, shape) in enumerate(shapes.items())
    }
    path = tmp_path / "w"
    path.write_bytes(weights_bytes(tensors, SMALL))

    read = read_weights(path, SMALL)

    assert list(shapes)[:5] == [
        *("conv0.bn.bias", "conv0.bn.weight", "conv0.bn.running_mean"),
        *("conv0.bn.running_var", "conv0.weight"),
    ]
    assert read.keys() == tensors.keys()
    assert all(np.array_equal(read[name], tensors[name]) for name in tensors)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must be Darknet weights of version 0.2 or later"),
        (bytes(20), "must be Darknet weights of version 0.2 or later"),
        (b"\0\0\0\0\2\0\0\0" + bytes(12 + 4), r"must hold 35 numbers, got 1$"),
        (b"\0\0\0\0\2\0\0\0" + bytes(12 + 36 * 4), r"must hold 35 numbers, got 36$"),
    ],
)
def test_weights_of_another_network_are_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "w"
    path.write_bytes(content)

    with pytest.raises(ExportError, match=message):
        read_weights(path, SMALL)


def test_the_published_file_goes_through_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yolov4_darknet, "layers", lambda: SMALL)
    path = tmp_path / "w"
    path.write_bytes(b"\1\0\0\0\2\0\0\0" + bytes(12 + 35 * 4))

    assert yolov4_darknet.export(path) == path.read_bytes()


@pytest.fixture(scope="module")
def small() -> onnx.ModelProto:
    """The whole network with seeded numbers for pictures of 64 x 64, its heads laid open."""
    model = yolov4.network(yolov4.read_tensors(Seed(0)), side=SIDE)
    onnx.checker.check_model(model, full_check=True)
    for number in (93, 101, 109):
        model.graph.output.append(
            helper.make_tensor_value_info(f"conv{number}", TensorProto.FLOAT, None)
        )
    return model


def _detect(heads: list[Array], shape: tuple[int, int]) -> list[tuple[float, int, list[float]]]:
    """Darknet's decoding and greedy suppression, box by box: (score, class, corners)."""
    found: list[tuple[float, int, Array]] = []
    for head, values in reversed(list(zip(HEADS, heads, strict=True))):
        cells = SIDE // head.stride
        values = values.reshape(3, 85, cells, cells).astype(np.float64)
        for row, column, anchor in np.ndindex(cells, cells, 3):
            fields = values[anchor, :, row, column]
            share = 1 / (1 + np.exp(-fields))
            stretched = share[:2] * head.stretch - (head.stretch - 1) / 2
            x, y = np.add(stretched, (column, row)) / cells
            w, h = np.exp(fields[2:4]) * head.anchors[anchor] / SIDE
            corners = np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
            corners *= np.array([shape[1], shape[0]] * 2)
            scores = share[4] * share[5:]
            found += [(float(scores[c]), int(c), corners) for c in np.flatnonzero(scores > 0.05)]
    found.sort(key=lambda item: -item[0])
    kept: list[tuple[float, int, Array]] = []
    for item in found:
        if all(item[1] != other[1] or _overlap(item[2], other[2]) <= 0.45 for other in kept):
            kept.append(item)
    return [(score, kind, box.tolist()) for score, kind, box in kept[:100]]


def _overlap(one: Array, other: Array) -> float:
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    areas = float(np.prod(one[2:] - one[:2])) + float(np.prod(other[2:] - other[:2]))
    return shared / (areas - shared)


def test_detections_are_those_of_a_plain_loop_for_each_picture_of_a_batch(
    small: onnx.ModelProto,
) -> None:
    # so biased that there is something to suppress
    for tensor in small.graph.initializer:
        if tensor.name in ("conv93.bias", "conv101.bias", "conv109.bias"):
            values = np.frombuffer(tensor.raw_data, "<f4").reshape(3, 85).copy()
            values[:, 4] += 3.0
            tensor.raw_data = values.tobytes()
    session = ort.InferenceSession(small.SerializeToString(), providers=["CPUExecutionProvider"])
    pictures = np.random.RandomState(7).random_sample((2, SIDE, SIDE, 3)).astype(np.float32)
    shapes = np.array([[480, 640], [100, 50]], np.int32)

    outputs = session.run(None, {"image": pictures, "image_shape": shapes})

    boxes, scores, classes, *heads = outputs
    for picture in range(2):
        wanted = _detect([head[picture] for head in heads], tuple(shapes[picture]))
        count = len(wanted)
        assert count > 3
        assert np.allclose(scores[picture, :count], [item[0] for item in wanted], atol=1e-5)
        assert classes[picture, :count].tolist() == [item[1] for item in wanted]
        assert np.allclose(boxes[picture, :count], [item[2] for item in wanted], atol=1e-2)
        assert not scores[picture, count:].any()
        assert not boxes[picture, count:].any()
        assert not classes[picture, count:].any()


def test_a_picture_without_objects_has_100_empty_rows(small: onnx.ModelProto) -> None:
    for tensor in small.graph.initializer:
        if tensor.name in ("conv93.bias", "conv101.bias", "conv109.bias"):
            values = np.frombuffer(tensor.raw_data, "<f4").reshape(3, 85).copy()
            values[:, 4] -= 1000.0
            tensor.raw_data = values.tobytes()
    session = ort.InferenceSession(small.SerializeToString(), providers=["CPUExecutionProvider"])
    picture = np.zeros((1, SIDE, SIDE, 3), np.float32)

    boxes, scores, classes, *_ = session.run(
        None, {"image": picture, "image_shape": np.array([[9, 9]], np.int32)}
    )

    assert (boxes.shape, scores.shape, classes.shape) == ((1, 100, 4), (1, 100), (1, 100))
    assert not boxes.any() and not scores.any() and not classes.any()
