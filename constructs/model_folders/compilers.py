"""Which image compiles for which engine: its tag is part of an artifact's digest."""

from __future__ import annotations

from typing import Final

from accelerator_catalog import NEURON_IMAGES
from model_folders.recipes import Engine

# The last line of PyTorch images for Inferentia2 and Trainium; container/neuronx_compiler.
NEURONX_IMAGE: Final = NEURON_IMAGES["pytorch-inference-neuronx"]
# tensorflow-neuron and neuron-cc, as the article's notebook pins them today:
# github.com/aws-neuron/aws-neuron-sdk, src/examples/tensorflow/yolo_v4_demo/evaluate.ipynb
TENSORFLOW_NEURON: Final = "1.15.5.2.8.9.0"
NEURON_CC: Final = "1.13.5.0"
# The version in requirements.txt, where the laptop's jobs run.
ONNXRUNTIME: Final = "1.31.1"


def compiler_image(engine: Engine, serving_image: str) -> str:
    """The tag of the image that compiles for ``engine``.

    TensorRT reads only plans of its own version, so its compiler has the server's tag.
    Source: https://docs.nvidia.com/deeplearning/tensorrt/latest/inference-library/advanced.html
    """
    if engine == "tensorrt":
        return serving_image
    if engine == "neuronx":
        return NEURONX_IMAGE.tag
    if engine == "neuron-tf":
        return f"{TENSORFLOW_NEURON}-neuron-cc{NEURON_CC}"
    return f"onnxruntime-{ONNXRUNTIME}"
