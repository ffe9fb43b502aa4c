"""One GPU for several servers: what Elastic Inference was for, on today's ECS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accelerator_catalog import GpuEc2Instance
from accelerator_catalog.gpu_sharing import shareable_mib
from tf_serving_images import GPU_IMAGE, TfServingImage

from .accelerator import Accelerator
from .gpu import check_one_gpu
from .server import ModelServer

_PORTS = 2
MOST_SHARES = 8


@dataclass(frozen=True, kw_only=True)
class GpuShare:
    """A container's part: ``memory_mib`` it can allocate at most, ``compute_percent`` of the
    GPU's processors it can occupy at most.

    docs.aws.amazon.com/AmazonECS/latest/APIReference/API_NvidiaMpsAllocation.html
    """

    memory_mib: int
    compute_percent: int


def equal_shares(instance: GpuEc2Instance, count: int = 2) -> tuple[GpuShare, ...]:
    """The GPU in ``count`` equal parts."""
    share = GpuShare(memory_mib=shareable_mib(instance) // count, compute_percent=100 // count)
    return (share,) * count


class SharedGpu(Accelerator):
    """NVIDIA MPS: containers of one task on one GPU, each with its limits.

    They share its failures, too: a fatal error of one ends the work of all.
    """

    def __init__(self, instance: GpuEc2Instance, shares: Sequence[GpuShare]) -> None:
        super().__init__(instance)
        check_one_gpu(instance)
        problems: list[str] = []
        if not 2 <= len(shares) <= MOST_SHARES:
            problems.append(f"shares must be 2 to {MOST_SHARES}, got {len(shares)}")
        most, memory = shareable_mib(instance), sum(share.memory_mib for share in shares)
        if memory > most:
            problems.append(f"shares must be {most} MiB together at most, got {memory}")
        percent = sum(share.compute_percent for share in shares)
        if percent > 100:
            problems.append(f"shares must be 100 percent together at most, got {percent}")
        if any(min(share.memory_mib, share.compute_percent) < 1 for share in shares):
            problems.append("shares must have memory and compute, got nothing of one")
        if problems:
            raise ValueError("invalid SharedGpu: " + "; ".join(problems))
        self._shares = tuple(shares)

    @property
    def id(self) -> str:
        """See `Accelerator`."""
        return "gpu-shared"

    @property
    def short_name(self) -> str:
        """See `Accelerator`."""
        return "gpu-shared"

    @property
    def image(self) -> TfServingImage:
        """See `Accelerator`."""
        return GPU_IMAGE

    @property
    def servers(self) -> Sequence[ModelServer]:
        """One for each share, the first on the ports of the article's accelerated server."""
        return [
            ModelServer(
                name=f"ubuntu-tfs-gpu-{number}",
                label=f"gpu-{number}",
                image=self.image,
                port_offset=_PORTS * (number - 1),
                # TensorFlow would take all of the GPU at its start. Growth stays below the limit
                # whether the driver reports the GPU's memory or the limit as the whole.
                environment={"TF_FORCE_GPU_ALLOW_GROWTH": "true"},
                requirement={
                    "Type": "GPU",
                    "SharingStrategy": {
                        "NvidiaMps": {
                            "Memory": share.memory_mib,
                            "MaxComputePercent": share.compute_percent,
                        }
                    },
                },
            )
            for number, share in enumerate(self._shares, start=1)
        ]
