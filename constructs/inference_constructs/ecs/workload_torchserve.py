"""TorchServe for Inf2 and Trn1, as AWS's image has it: inference on 8080."""

from __future__ import annotations

from dataclasses import dataclass

from .workload import ContainerWorkload
from .workload_archive import ModelArchive
from .workload_health import ContainerHealth
from .workload_image import WorkloadImage
from .workload_model import ModelSource
from .workload_port import WorkloadPort

INFERENCE_PORT = 8080
MANAGEMENT_PORT = 8081


@dataclass(frozen=True, kw_only=True)
class TorchServeNeuronx:
    """TorchServe 0.11 of ``pytorch-inference-neuronx`` with SDK 2.31.1, the last of its line.

    ``model``: a folder of ``.mar`` archives, in S3 or in a fleet's archive; all are loaded.
    ``registry``: where a copy of the image is.
    Each model gets one worker, which sees the cores of its task: the first process takes all cores
    it sees, and a second would fail. The worker spreads over them, or its handler starts others
    with a smaller NEURON_RT_VISIBLE_CORES.
    """

    model: ModelSource | ModelArchive
    registry: str | None = None
    load_seconds: int = 600

    def container(self) -> ContainerWorkload:
        """TorchServe in the foreground, where the image's own start script ends with ``tail -f``
        and so outlives a dead server.
        """
        return ContainerWorkload(
            image=WorkloadImage.catalogued("pytorch-inference-neuronx", registry=self.registry),
            ports=(WorkloadPort(name="rest", port=INFERENCE_PORT, health_path="/ping"),),
            entry_point=("/bin/bash", "-euc"),
            command=(_start(self.model),),
            environment={
                "TS_DEFAULT_WORKERS_PER_MODEL": "1",
                # Whoever reaches it may load code. It is not published, but with an interface or a
                # host of its own a task needs no publishing.
                "TS_MANAGEMENT_ADDRESS": f"http://127.0.0.1:{MANAGEMENT_PORT}",
            },
            health=ContainerHealth(
                command=f"curl --fail --silent --max-time 4 http://localhost:{INFERENCE_PORT}/ping"
                " || exit 1",
                load_seconds=self.load_seconds,
            ),
            model=self.model,
            # TorchServe writes logs and unpacked archives beside itself.
            read_only_root=False,
            writable_paths=(),
        )


def _start(model: ModelSource | ModelArchive) -> str:
    """The start script: models of an archive are there already."""
    serve = (
        "exec torchserve --start --foreground --ts-config /home/model-server/config.properties"
        " --model-store"
    )
    if isinstance(model, ModelArchive):
        return f"{serve} '{model.server_path}'"
    copy = f"aws s3 cp --recursive --only-show-errors '{model.folder_uri}' /opt/ml/model"
    return f"{copy} && {serve} /opt/ml/model"
