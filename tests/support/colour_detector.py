"""A detector on TensorFlow Serving's protocol that sees the drawn pictures' colours."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped,unused-ignore]
import numpy as np

from load_client.tensors import Array
from tests.container.load_client.official_tf_serving import (
    DATA_TYPES,
    STATES,
    GetModelStatusResponse,
    PredictResponse,
    official_server,
)
from tests.support.drawn_pictures import find_by_colour

MODEL = "yolo_v4_coco"
_SLOTS = 5  # the network's fixed number of boxes; those that are not used are zeros
Outputs = dict[str, Array]


@dataclass
class ColourDetector:
    """``change`` may damage the outputs; ``batches`` and ``models`` are those of its calls."""

    change: Callable[[Outputs], Outputs] = lambda outputs: outputs
    batches: list[int] = field(default_factory=list)
    models: list[str] = field(default_factory=list)

    def predict(self, request: Any, context: Any) -> Any:
        """``PredictionService.Predict`` of input ``image``, strings of shape [n]."""
        pictures = list(request.inputs["image"].string_val)
        self.batches.append(len(pictures))
        self.models.append(request.model_spec.name)
        if not all(pictures):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Input buffer is empty")
        outputs = {
            "boxes": np.zeros((len(pictures), _SLOTS, 4), np.float32),
            "scores": np.zeros((len(pictures), _SLOTS), np.float32),
            "classes": np.zeros((len(pictures), _SLOTS), np.float32),
        }
        for number, data in enumerate(pictures):
            found = find_by_colour(io.BytesIO(data))
            for name, values in found.items():
                if values:
                    outputs[name][number, : len(values)] = values
        response = PredictResponse()
        for name, array in self.change(outputs).items():
            tensor = response.outputs[name]
            tensor.dtype = DATA_TYPES["DT_FLOAT"].number
            for size in array.shape:
                tensor.tensor_shape.dim.add(size=size)
            tensor.tensor_content = array.astype(np.float32).tobytes()
        return response


def _available(_request: Any, _context: Any) -> Any:
    response = GetModelStatusResponse()
    response.model_version_status.add(version=1, state=STATES["AVAILABLE"].number)
    return response


@contextmanager
def serving(detector: ColourDetector) -> Iterator[str]:
    """The server's address."""
    with official_server(detector.predict, _available) as port:
        yield f"tf-serving-grpc://127.0.0.1:{port}"
