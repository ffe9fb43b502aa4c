"""The images of the TensorFlow Serving comparison: folders, ports, environment, commands.

Plain constants, for constructs and tests alike. What is inside the images is in
``container/tf_serving_*``.
"""

from tf_serving_images.images import (
    BUILD_CONTEXTS,
    ELASTIC_INFERENCE_IMAGE,
    GPU_IMAGE,
    HIDDEN_FROM_ELASTIC_INFERENCE,
    IMAGES,
    PLAIN_IMAGE,
    TfServingImage,
)

__all__ = [
    "BUILD_CONTEXTS",
    "ELASTIC_INFERENCE_IMAGE",
    "GPU_IMAGE",
    "HIDDEN_FROM_ELASTIC_INFERENCE",
    "IMAGES",
    "PLAIN_IMAGE",
    "TfServingImage",
]
