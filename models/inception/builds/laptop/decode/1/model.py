"""Bytes of JPEG or PNG files, (batch, -1) uint8 -> normalised RGB, (batch, 299, 299, 3) float32.

The files of a batch are equally long, so shorter ones end in zero bytes, which both formats allow.
"""

import io

import numpy as np
import triton_python_backend_utils as pb_utils
from PIL import Image

SIDE = 299
MEAN = 255 * np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = 255 * np.array([0.229, 0.224, 0.225], np.float32)
# 8,000 x 8,000. A file of a few bytes can claim to hold a picture that fills the memory.
MOST_PIXELS = 64_000_000
FORMATS = ("JPEG", "PNG")


class TritonPythonModel:
    """Bilinear resize that ignores the aspect ratio, then (pixel - mean) / deviation."""

    def execute(self, requests):
        """One response per request, in order."""
        return [self._respond(request) for request in requests]

    def _respond(self, request):
        files = pb_utils.get_input_tensor_by_name(request, "DALI_INPUT_0").as_numpy()
        try:
            pictures = np.empty((len(files), SIDE, SIDE, 3), np.float32)
            for row, file in enumerate(files):
                pictures[row] = (decode(file.tobytes()) - MEAN) / DEVIATION
        except MemoryError as error:
            # SageMaker unloads other models and tries again when it reads these words.
            raise pb_utils.TritonModelException(f"out of memory: {error}") from error
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            problem = pb_utils.TritonError(f"INPUT row {row} must be a JPEG or PNG file: {error}")
            return pb_utils.InferenceResponse(error=problem)
        return pb_utils.InferenceResponse([pb_utils.Tensor("DALI_OUTPUT_0", pictures)])


def decode(file):
    """(299, 299, 3) float32, 0 to 255. Raises OSError or ValueError for what is no picture."""
    with Image.open(io.BytesIO(file), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError(f"{picture.width} x {picture.height} pixels exceed {MOST_PIXELS}")
        pixels = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(pixels, np.float32)
