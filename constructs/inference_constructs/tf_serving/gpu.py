"""A whole GPU for the accelerated server."""

from __future__ import annotations

from collections.abc import Sequence

from accelerator_catalog import GpuEc2Instance
from tf_serving_images import GPU_IMAGE, TfServingImage

from .accelerator import Accelerator
from .server import ModelServer


class WholeGpu(Accelerator):
    """ECS gives the instance's only GPU to one container."""

    def __init__(self, instance: GpuEc2Instance) -> None:
        super().__init__(instance)
        check_one_gpu(instance)

    @property
    def id(self) -> str:
        """See `Accelerator`."""
        return "gpu"

    @property
    def short_name(self) -> str:
        """See `Accelerator`."""
        return "gpu"

    @property
    def image(self) -> TfServingImage:
        """See `Accelerator`."""
        return GPU_IMAGE

    @property
    def servers(self) -> Sequence[ModelServer]:
        """One, on the ports of the article's accelerated server."""
        return [
            ModelServer(
                name="ubuntu-tfs-gpu",
                label="gpu",
                image=self.image,
                requirement={"Type": "GPU", "Value": "1"},
            )
        ]


def check_one_gpu(instance: GpuEc2Instance) -> None:
    """Raises ValueError for a type with several GPUs, of which all but one would idle."""
    if instance.gpu_count != 1:
        raise ValueError(
            f"instance must have one GPU, got {instance.name!r} with {instance.gpu_count}"
        )
