"""ResNet-50 on the laptop: random weights, exact answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from tests.support.fake_triton import PythonModel

Array = npt.NDArray[Any]


def test_the_golden_answer_comes_from_onnx_runtime_and_from_the_step(
    laptop_model: Callable[[str], Path], golden: Callable[[str], tuple[Any, Array, Any]]
) -> None:
    repository = laptop_model("resnet50")
    tensor, answer, _ = golden("resnet50")
    picture = np.array(tensor["data"], np.float32).reshape(tensor["shape"])
    step = PythonModel(repository / "resnet")
    session = ort.InferenceSession(
        str(repository / "resnet/1/model.onnx"), providers=["CPUExecutionProvider"]
    )

    batch = np.concatenate([picture] * 9)
    served = step.run(input=batch)["output"]
    (direct,) = session.run(None, {"input": picture})

    assert np.abs(direct - answer).max() < 1e-4
    # Nine rows go through the session as eight and one.
    assert np.abs(served - answer).max() < 1e-4
    assert 0.5 < answer.std() < 5
