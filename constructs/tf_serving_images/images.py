"""The three images, each a folder of ``container`` with a Dockerfile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tf_serving_images.contract import (
    GRPC_PORT_VARIABLE,
    INTER_OP_VARIABLE,
    INTRA_OP_VARIABLE,
    REST_PORT_VARIABLE,
)

BUILD_CONTEXTS: Mapping[str, str] = MappingProxyType(
    {"start": "container/tf_serving_start", "lambda": "lambda"}
)
"""Contexts that every image needs beside its own folder, from the repository's root. The hash of a
CDK image asset covers the folder alone: these belong into its ``extra_hash``."""

HIDDEN_FROM_ELASTIC_INFERENCE = ("ECS_CONTAINER_METADATA_URI", "ECS_CONTAINER_METADATA_URI_V4")
"""With these, the accelerated server asks the task's metadata for its accelerator, which only the
instance's metadata knows. The start-up code keeps them."""


@dataclass(frozen=True, kw_only=True)
class TfServingImage:
    """``environment`` is what the image sets beside its ports; a task may set it otherwise."""

    folder: str
    server: str
    grpc_port: int
    rest_port: int
    environment: Mapping[str, str]

    @property
    def ports(self) -> Mapping[str, str]:
        """The ports as environment; in bridge mode they are also those of the host."""
        return {GRPC_PORT_VARIABLE: str(self.grpc_port), REST_PORT_VARIABLE: str(self.rest_port)}


PLAIN_IMAGE = TfServingImage(
    folder="tf_serving_plain",
    server="tensorflow_model_server",
    grpc_port=8500,
    rest_port=8501,
    environment=MappingProxyType(
        {
            "KMP_SETTINGS": "0",
            "KMP_AFFINITY": "granularity=fine,compact,1,0",
            "KMP_BLOCKTIME": "0",
            "OMP_NUM_THREADS": "1",
            INTRA_OP_VARIABLE: "2",
            INTER_OP_VARIABLE: "2",
        }
    ),
)

ELASTIC_INFERENCE_IMAGE = TfServingImage(
    folder="tf_serving_elastic_inference",
    server="start_server",
    grpc_port=9000,
    rest_port=9001,
    environment=MappingProxyType({}),
)

GPU_IMAGE = TfServingImage(
    folder="tf_serving_gpu",
    server="tensorflow_model_server",
    grpc_port=9000,
    rest_port=9001,
    environment=MappingProxyType({"CUDA_CACHE_PATH": "/tmp/cuda"}),
)
"""It takes the place of the accelerated server, ports included. Servers that share a GPU in one
task need ports of their own: set the two variables."""

IMAGES = (PLAIN_IMAGE, ELASTIC_INFERENCE_IMAGE, GPU_IMAGE)
