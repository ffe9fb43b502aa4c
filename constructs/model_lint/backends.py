"""Triton's backends: the names a config may use, and the file each one opens.

Source: https://github.com/triton-inference-server/core/blob/main/src/constants.h
"""

from __future__ import annotations

from typing import Any

PLATFORMS = {
    "ensemble": "ensemble",
    "onnxruntime_onnx": "onnxruntime",
    "pytorch_libtorch": "pytorch",
    "tensorflow_graphdef": "tensorflow",
    "tensorflow_savedmodel": "tensorflow",
    "tensorrt_plan": "tensorrt",
}
BACKENDS = (
    "dali",
    "fil",
    "identity",
    "onnxruntime",
    "openvino",
    "python",
    "pytorch",
    "repeat",
    "square",
    "tensorflow",
    "tensorrt",
    "tensorrtllm",
    "vllm",
)
# Backends that read missing inputs and outputs from the model file itself.
COMPLETES_CONFIG = frozenset({"fil", "onnxruntime", "openvino", "tensorflow", "tensorrt", "vllm"})
# The files a backend opens when default_model_filename is not set; any one is enough.
DEFAULT_FILES: dict[str, tuple[str, ...]] = {
    "dali": ("model.dali", "dali.py"),
    "onnxruntime": ("model.onnx",),
    "openvino": ("model.xml",),
    "python": ("model.py",),
    "pytorch": ("model.pt",),
    "tensorflow_graphdef": ("model.graphdef",),
    "tensorflow": ("model.savedmodel", "model.graphdef"),
    "tensorflow_savedmodel": ("model.savedmodel",),
    "tensorrt": ("model.plan",),
}
# What tells Triton the backend of a config that names none.
GUESSED_FROM = {
    "model.plan": "tensorrt",
    "model.onnx": "onnxruntime",
    "model.pt": "pytorch",
    "model.py": "python",
    "model.savedmodel": "tensorflow",
    "model.graphdef": "tensorflow",
}


def backend_of(message: Any) -> str | None:
    """``ensemble``, the backend's name, or None when the config names neither."""
    if message.platform == "ensemble":
        return "ensemble"
    if message.backend:
        return str(message.backend)
    return PLATFORMS.get(message.platform)


def default_files(message: Any, backend: str) -> tuple[str, ...]:
    """The file names of which one must be in the version folder; empty when any will do."""
    if message.default_model_filename:
        return (str(message.default_model_filename),)
    if message.cc_model_filenames:
        return tuple(sorted(message.cc_model_filenames.values()))
    return DEFAULT_FILES.get(message.platform) or DEFAULT_FILES.get(backend, ())
