"""The typed ``comparison`` section: one model on a plain and on an accelerated server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.platform.cluster.workload_file import LONGEST_LOAD_SECONDS, ServedName
from stacks.platform.section import Count, RetentionDays, Section, Switch, word_for_none

AcceleratorWord = Literal["elastic-inference", "gpu", "gpu-shared"]
# constructs/inference_constructs/tf_serving/gpu_shared.py
MOST_SHARES = 8
# docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
LARGEST_VOLUME_GIB = 16_384

MadeUpInput = Annotated[str, Field(pattern=r"^[A-Za-z_][\w./-]*=[A-Z0-9]+:[0-9]+(,[0-9]+)*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class GpuShare(Section):
    """One container's part of the GPU under NVIDIA MPS."""

    memory_mib: Count
    """GPU memory that it can allocate at most."""
    compute_percent: Annotated[int, Field(strict=True, ge=1, le=100)]
    """Share of the GPU's processors that it can occupy at most."""


class ComparedModel(Section):
    """The model that both servers load, which their role may read and nothing else."""

    name: ServedName = "ssdresnet"
    """What clients call it."""
    uri: str
    """Its archive (s3://bucket/key.tar.gz), the index that names one (s3://bucket/prefix/index.json)
    or a SavedModel's folder (s3://bucket/prefix)."""
    sha256: Sha256 | None = None
    """SHA-256 of the archive; unchecked when absent."""
    key_arn: str | None = None
    """KMS key of the bucket; none when absent."""


class ServerImages(Section):
    """Images of the two servers, each of ``container/tf_serving_*`` or a copy of one."""

    plain: Annotated[str | None, word_for_none("build", str)] = None
    """``build`` lets ``cdk deploy`` build it with Docker; or an image with its tag."""
    accelerated: Annotated[str | None, word_for_none("build", str)] = None
    """``build`` lets ``cdk deploy`` build it with Docker; or an image with its tag."""
    elastic_inference_sha256: Sha256 | None = None
    """SHA-256 of the archive of AWS's server for Elastic Inference, which building needs."""


class ComparingClient(Section):
    """The instance that measures both servers at every boot."""

    instance_type: str = "c5.large"
    """EC2 instance type without an accelerator."""
    image: str | None = None
    """Pins the host image: an AMI id, or an SSM parameter with its version; the newest Deep
    Learning AMI at each deployment when absent."""
    root_volume_gib: Annotated[int, Field(strict=True, ge=30, le=LARGEST_VOLUME_GIB)] = 150
    """EBS root volume, GiB; no less than the image itself has."""
    inputs: Annotated[tuple[MadeUpInput, ...], Field(min_length=1)] = ("inputs=UINT8:1,640,640,3",)
    """The model's inputs, made up by the client: ``NAME=TYPE:SHAPE``."""
    calls: Annotated[int, Field(strict=True, ge=2, le=100_000)] = 20
    """Calls to each server; the first, cold one is reported apart."""
    timeout_seconds: Annotated[int, Field(strict=True, ge=1, le=3_600)] = 60
    """How long one call may take."""
    ready_seconds: Annotated[int, Field(strict=True, ge=1, le=86_400)] = 1_800
    """How long it waits for the servers."""


class Comparison(Section):
    """A plain and an accelerated TensorFlow Serving on one ECS host, and a client between them."""

    accelerator: AcceleratorWord
    """``gpu`` gives the host's GPU to one server, ``gpu-shared`` divides it among several (NVIDIA
    MPS); ``elastic-inference`` is a dead service."""
    accelerator_type: str | None = None
    """Type for elastic-inference; eia2.medium when absent."""
    instance_type: str | None = None
    """EC2 instance type of the host; when absent g4dn.xlarge, or c5.large for elastic-inference."""
    shares: Annotated[tuple[GpuShare, ...], Field(max_length=MOST_SHARES)] | None = None
    """Parts of the GPU for gpu-shared, one server each; two equal ones when absent."""
    subnets: Literal["public", "private", "isolated"] = "private"
    """The network's subnets that hold both instances, which need a way out."""
    zone: Count = 1
    """Which of the network's zones holds them, for an accelerator that one zone lacks."""
    model: ComparedModel
    """The model."""
    images: ServerImages = ServerImages()
    """The servers' images."""
    client: ComparingClient = ComparingClient()
    """The client."""
    memory_mib: Count | None = None
    """Memory of the task; 2,048, and 4,096 more for each server on a GPU, when absent."""
    load_seconds: Annotated[int, Field(strict=True, ge=1, le=LONGEST_LOAD_SECONDS)] = 600
    """How long a server's start may take, model download included."""
    image: str | None = None
    """Pins the host image: an AMI id, or an SSM parameter with its version; the newest
    ECS-optimized one at each deployment when absent."""
    root_volume_gib: Annotated[int, Field(strict=True, ge=30, le=LARGEST_VOLUME_GIB)] = 100
    """EBS root volume of the host, GiB."""
    troubleshooting: Switch = False
    """Whether the servers may read all of EC2 and IAM, to find out why elastic-inference fails."""
    log_retention_days: RetentionDays = 30
    """Days the logs of servers and client are kept."""

    @property
    def resolved_instance_type(self) -> str:
        """``instance_type``, or what the accelerator is compared on by default."""
        if self.instance_type is not None:
            return self.instance_type
        return "c5.large" if self.accelerator == "elastic-inference" else "g4dn.xlarge"

    @property
    def resolved_accelerator_type(self) -> str:
        """``accelerator_type``, or the article's generation in its smallest size."""
        return "eia2.medium" if self.accelerator_type is None else self.accelerator_type
