"""Elastic Inference accelerators, and how much of a GPU can be shared instead."""

from __future__ import annotations

import pytest

from accelerator_catalog import GPU_EC2_INSTANCES
from accelerator_catalog.elastic_inference import ELASTIC_INFERENCE_ACCELERATORS
from accelerator_catalog.gpu_sharing import shareable_mib


@pytest.mark.parametrize(
    ("name", "memory_gib", "fp32", "fp16"),
    [
        ("eia1.medium", 1, 1, 8),
        ("eia1.large", 2, 2, 16),
        ("eia1.xlarge", 4, 4, 32),
        ("eia2.medium", 2, 1, 8),
        ("eia2.large", 4, 2, 16),
        ("eia2.xlarge", 8, 4, 32),
    ],
)
def test_accelerator_is_as_documented(name: str, memory_gib: int, fp32: int, fp16: int) -> None:
    row = ELASTIC_INFERENCE_ACCELERATORS[name]

    assert (row.name, row.memory_gib) == (name, memory_gib)
    assert (row.fp32_tflops, row.fp16_tflops) == (fp32, fp16)
    assert row.source.startswith("https://docs.aws.amazon.com/elastic-inference/")


def test_the_second_generation_has_twice_the_memory_of_the_first() -> None:
    rows = ELASTIC_INFERENCE_ACCELERATORS
    assert len(rows) == 6
    for size in ("medium", "large", "xlarge"):
        assert rows[f"eia2.{size}"].memory_gib == 2 * rows[f"eia1.{size}"].memory_gib


@pytest.mark.parametrize(("size", "real_mib"), [("g4dn.xlarge", 15_360), ("g5.xlarge", 23_028)])
def test_what_can_be_shared_is_a_little_less_than_the_driver_reports(
    size: str, real_mib: int
) -> None:
    assert 0.98 * real_mib < shareable_mib(GPU_EC2_INSTANCES[size]) <= real_mib
