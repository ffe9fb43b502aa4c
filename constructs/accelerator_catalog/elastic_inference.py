"""Elastic Inference accelerators: fractions of a GPU that were attached to an instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accelerator_catalog.fact import Fact

_SOURCE = "https://docs.aws.amazon.com/elastic-inference/latest/developerguide/basics.html"


@dataclass(frozen=True, kw_only=True)
class ElasticInferenceAccelerator(Fact):
    """One type, as EC2 and ECS name it; SageMaker put ``ml.`` in front."""

    name: str
    memory_gib: int
    fp32_tflops: int
    fp16_tflops: int


# Memory, TFLOPS in FP32 and in FP16.
_SIZES: Mapping[str, tuple[int, int, int]] = {
    "eia1.medium": (1, 1, 8),
    "eia1.large": (2, 2, 16),
    "eia1.xlarge": (4, 4, 32),
    "eia2.medium": (2, 1, 8),
    "eia2.large": (4, 2, 16),
    "eia2.xlarge": (8, 4, 32),
}

ELASTIC_INFERENCE_ACCELERATORS: Mapping[str, ElasticInferenceAccelerator] = MappingProxyType(
    {
        name: ElasticInferenceAccelerator(
            name=name,
            memory_gib=memory_gib,
            fp32_tflops=fp32_tflops,
            fp16_tflops=fp16_tflops,
            source=_SOURCE,
        )
        for name, (memory_gib, fp32_tflops, fp16_tflops) in _SIZES.items()
    }
)
