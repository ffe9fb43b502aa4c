"""TensorFlow Serving for Inf1, as AWS's images have it: gRPC on 8500, REST on 8501."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .workload import ContainerWorkload
from .workload_archive import ModelArchive
from .workload_health import ContainerHealth
from .workload_image import WorkloadImage
from .workload_model import ModelSource
from .workload_port import PortProtocol, WorkloadPort

IMAGE_ID = "tensorflow-inference-neuron"
GRPC_PORT = 8500
REST_PORT = 8501


@dataclass(frozen=True, kw_only=True)
class TfServingNeuron:
    """The model server of ``tensorflow-inference-neuron``, which reads models from S3 by itself.

    ``model``: the folder that holds the versions (``1/saved_model.pb``), compiled for inf1, or a
    fleet's archive with such a folder.
    ``image_id``: in the catalogue. The first with TensorFlow 1 whose runtime is a library; that of
    ``tensorflow-inference-neuron-1.15.4`` is a daemon, which today's host drivers turn away.
    ``registry``: where a copy of the image is; AWS maintains none of them any longer, so that one
    of your own is safer.
    One model takes as many cores as it was compiled for: ``--neuroncore-pipeline-cores`` 4 fills a
    chip, a plain one leaves three of its cores idle.
    """

    model_name: str
    model: ModelSource | ModelArchive
    image_id: str = IMAGE_ID
    registry: str | None = None
    load_seconds: int = 300

    def __post_init__(self) -> None:
        # It becomes part of a URL and of a shell command.
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", self.model_name):
            raise ValueError(
                "invalid TfServingNeuron: model_name must be letters, digits, '_', '.' and '-',"
                f" got {self.model_name!r}"
            )

    def container(self) -> ContainerWorkload:
        """The image's own start script with the model's place; its ports are those published."""
        path = f"/v1/models/{self.model_name}"
        return ContainerWorkload(
            image=WorkloadImage.catalogued(self.image_id, registry=self.registry),
            ports=(
                WorkloadPort(
                    name="grpc",
                    port=GRPC_PORT,
                    protocol=PortProtocol.GRPC,
                    grpc_services=(
                        "tensorflow.serving.PredictionService",
                        "tensorflow.serving.ModelService",
                    ),
                ),
                WorkloadPort(name="rest", port=REST_PORT, health_path=path),
            ),
            # The script appends its arguments to the server's own, where the last one of a name
            # counts: left to itself, it looks for the model below MODEL_BASE_PATH/MODEL_NAME. As
            # entry point it ends with the server; behind the image's own, which ends with
            # ``tail -f``, it would not. AWS's example for ECS moves REST to 9000 and publishes
            # 8501: nobody answers there.
            entry_point=("/usr/local/bin/entrypoint.sh",),
            command=(
                f"--port={GRPC_PORT}",
                f"--rest_api_port={REST_PORT}",
                f"--model_name={self.model_name}",
                f"--model_base_path={self.model.server_path}",
            ),
            environment={"MODEL_NAME": self.model_name},
            health=ContainerHealth(
                # REST answers 200 for a model that failed to load, too.
                command=f"curl --fail --silent --max-time 4 http://localhost:{REST_PORT}{path}"
                " | grep -q AVAILABLE || exit 1",
                load_seconds=self.load_seconds,
            ),
            model=self.model,
            # The server unpacks and logs where it likes.
            read_only_root=False,
            writable_paths=(),
        )
