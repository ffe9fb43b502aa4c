"""Bytes of JPEG or PNG files, (batch, -1) uint8 -> RGB from 0 to 1, (batch, 608, 608, 3) float32.

With each goes the (height, width) it had, int32, which the boxes are told in. The files of a batch
are equally long, so shorter ones end in zero bytes, which both formats allow.
"""

import io

import numpy as np
import triton_python_backend_utils as pb_utils
from PIL import Image

SIDE = 608
# 8,000 x 8,000. A file of a few bytes can claim to hold a picture that fills the memory.
MOST_PIXELS = 64_000_000
FORMATS = ("JPEG", "PNG")


class TritonPythonModel:
    """Bilinear resize that ignores the aspect ratio, as the network was trained."""

    def execute(self, requests):
        """One response per request, in order."""
        return [self._respond(request) for request in requests]

    def _respond(self, request):
        files = pb_utils.get_input_tensor_by_name(request, "FILE").as_numpy()
        try:
            pictures = np.empty((len(files), SIDE, SIDE, 3), np.float32)
            shapes = np.empty((len(files), 2), np.int32)
            for row, file in enumerate(files):
                pictures[row], shapes[row] = decode(file.tobytes())
        except MemoryError as error:
            # SageMaker unloads other models and tries again when it reads these words.
            raise pb_utils.TritonModelException(f"out of memory: {error}") from error
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            problem = pb_utils.TritonError(f"INPUT row {row} must be a JPEG or PNG file: {error}")
            return pb_utils.InferenceResponse(error=problem)
        tensors = [pb_utils.Tensor("PICTURE", pictures), pb_utils.Tensor("SHAPE", shapes)]
        return pb_utils.InferenceResponse(tensors)


def decode(file):
    """(608, 608, 3) float32, and (height, width). Raises OSError or ValueError for no picture."""
    with Image.open(io.BytesIO(file), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError(f"{picture.width} x {picture.height} pixels exceed {MOST_PIXELS}")
        pixels = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        shape = (picture.height, picture.width)
    return np.asarray(pixels, np.float32) / 255, shape
