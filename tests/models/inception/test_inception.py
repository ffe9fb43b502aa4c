"""The image ensemble on the laptop: Pillow decodes, random weights classify."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.support.fake_triton import PythonModel

Array = npt.NDArray[Any]


@pytest.fixture(scope="module")
def repository(laptop_model: Callable[[str], Path]) -> Path:
    return laptop_model("inception")


def _file(kind: str, colour: tuple[int, int, int] = (10, 200, 60)) -> Array:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), colour).save(buffer, kind)
    return np.frombuffer(buffer.getvalue(), np.uint8)


def test_the_steps_give_the_golden_answer(
    repository: Path, golden: Callable[[str], tuple[Any, Array, Any]]
) -> None:
    tensor, answer, _ = golden("inception")
    file = np.array(tensor["data"], np.uint8).reshape(tensor["shape"])

    picture = PythonModel(repository / "decode").run(DALI_INPUT_0=file)["DALI_OUTPUT_0"]
    shares = PythonModel(repository / "inception_v3").run(input=picture)["output"]

    assert np.abs(shares - answer).max() < 1e-5
    assert abs(float(shares.sum()) - 1) < 1e-5
    assert shares.argmax() == answer.argmax()


def test_a_plain_picture_becomes_its_normalised_colour(repository: Path) -> None:
    step = PythonModel(repository / "decode")

    picture = step.run(DALI_INPUT_0=_file("PNG")[None])["DALI_OUTPUT_0"]

    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    expected = (np.array([10, 200, 60]) / 255 - mean) / deviation
    assert np.abs(picture[0] - expected).max() < 1e-5


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_zero_bytes_after_a_file_change_nothing(repository: Path, kind: str) -> None:
    step = PythonModel(repository / "decode")
    file = _file(kind)
    padded = np.concatenate([file, np.zeros(100, np.uint8)])

    plain = step.run(DALI_INPUT_0=file[None])["DALI_OUTPUT_0"]

    assert (step.run(DALI_INPUT_0=padded[None])["DALI_OUTPUT_0"] == plain).all()


def _huge() -> Array:
    """A PNG whose header claims 100,000 x 100,000 pixels."""
    body = bytearray(_file("PNG").tobytes())
    body[16:24] = (100_000).to_bytes(4, "big") * 2
    return np.frombuffer(bytes(body), np.uint8)


def _gif() -> Array:
    return _file("GIF")


@pytest.mark.parametrize(
    "make", [lambda: np.zeros(50, np.uint8), lambda: _file("JPEG")[:200], _huge, _gif]
)
def test_what_is_no_picture_is_named_by_its_row(
    repository: Path, make: Callable[[], Array]
) -> None:
    step = PythonModel(repository / "decode")
    bad = make()
    good = np.zeros(max(len(bad), 2000), np.uint8)
    good[: len(_file("JPEG"))] = _file("JPEG")
    rows = np.stack([good, np.pad(bad, (0, len(good) - len(bad)))])

    (response,) = step.responses({"DALI_INPUT_0": rows})

    assert response.error is not None
    assert response.error.text.startswith("INPUT row 1 must be a JPEG or PNG file: ")
