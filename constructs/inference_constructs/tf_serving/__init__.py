"""Reference system 1: TensorFlow Serving, plain beside accelerated, and a client that measures."""

from .accelerator import PLAIN_SERVER, Accelerator
from .comparison import ClientSettings, ServerComparison, ServerComparisonProps
from .elastic_inference import ElasticInference
from .gpu import WholeGpu
from .gpu_shared import MOST_SHARES, GpuShare, SharedGpu, equal_shares
from .machine_image import DEEP_LEARNING_AMI
from .served_model import ServedModel
from .server import ModelServer
from .server_image import ServerImage

__all__ = [
    "DEEP_LEARNING_AMI",
    "MOST_SHARES",
    "PLAIN_SERVER",
    "Accelerator",
    "ClientSettings",
    "ElasticInference",
    "GpuShare",
    "ModelServer",
    "ServedModel",
    "ServerComparison",
    "ServerComparisonProps",
    "ServerImage",
    "SharedGpu",
    "WholeGpu",
    "equal_shares",
]
