"""How much of a GPU NVIDIA MPS can hand out on ECS."""

from __future__ import annotations

from accelerator_catalog.gpu_ec2_instances import GpuEc2Instance

GPU_SHARING = (
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_NvidiaMpsAllocation.html"
)
# Drivers keep a part for themselves and for error correction: a T4 has 15,360 of its 16,384 MiB to
# give, an A10G 23,028 of 24,576. ECS places by what they say; the figure is a little larger.
_DRIVER_FRACTION = 0.07


def shareable_mib(instance: GpuEc2Instance) -> int:
    """Memory of one GPU of ``instance`` that parts can be made of, MiB."""
    nominal = instance.gpu_memory_gib * 1024
    return nominal - int(nominal * _DRIVER_FRACTION)
