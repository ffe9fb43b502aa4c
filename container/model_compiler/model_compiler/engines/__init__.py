"""The engines by the name that a recipe gives; an engine's module is imported when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from model_compiler.engine import Engine
from model_compiler.errors import InputError

_ENGINES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "tensorrt": ("model_compiler.engines.tensorrt", "TensorRtEngine"),
        "neuronx": ("model_compiler.engines.neuronx", "NeuronxEngine"),
        "neuron-tf": ("model_compiler.engines.neuron_tf", "NeuronTfEngine"),
        "onnxruntime": ("model_compiler.engines.onnxruntime", "OnnxRuntimeEngine"),
    }
)


def engine_named(name: str) -> Engine:
    """The engine; raises `InputError` for a name that this release does not know."""
    if name not in _ENGINES:
        raise InputError(f"engine {name!r} is none of {', '.join(_ENGINES)}")
    module, attribute = _ENGINES[name]
    engine: Engine = getattr(importlib.import_module(module), attribute)()
    return engine
