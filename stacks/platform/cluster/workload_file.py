"""The typed ``workload`` and ``model`` of a service or task: what runs, without where it runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.platform.section import Section, Switch, VariableName

WorkloadKind = Literal["tf-serving-neuron", "torchserve-neuronx", "container"]
PortProtocolWord = Literal["http", "grpc"]
# docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html: 300 seconds of start
# period and ten checks 300 seconds apart.
LONGEST_LOAD_SECONDS = 3_300
Port = Annotated[int, Field(strict=True, ge=1, le=65_535)]
PortName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
ServedName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=256)]
ContainerPath = Annotated[str, Field(pattern=r"^/+[^/]")]


class WorkloadPort(Section):
    """A port that the container listens on; a load balancer sends to each of them."""

    name: PortName
    """Unique among the ports."""
    port: Port
    """Where the container listens."""
    protocol: PortProtocolWord = "http"
    """What is spoken there."""
    health_path: Annotated[str, Field(pattern=r"^/")] | None = None
    """What a load balancer asks for; / for http and /AWS.ALB/healthcheck for grpc when absent."""
    healthy_codes: Annotated[str, Field(pattern=r"^[0-9]+([,-][0-9]+)*$")] | None = None
    """Answers that count as healthy; 200 for http and 0,12 for grpc when absent."""
    grpc_services: tuple[Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*$")], ...] = ()
    """Full names of the gRPC services, by which an alb tells them from REST; it goes by the content
    type when absent."""


class HealthCheck(Section):
    """How ECS sees that the server lives; it ignores the HEALTHCHECK of an image."""

    command: Annotated[str, Field(min_length=1)]
    """Run by the container's shell; it must fail unless the server answers."""
    timeout_seconds: Annotated[int, Field(strict=True, ge=2, le=60)] = 5
    """How long one check may take."""


class Workload(Section):
    """A ready-made server, or any container; the keys from ``image`` on are for ``container``."""

    kind: WorkloadKind
    """``tf-serving-neuron`` serves one TensorFlow model on inf1, gRPC on 8500 and REST on 8501;
    ``torchserve-neuronx`` serves model archives on inf2 and trn1, REST on 8080."""
    registry: str | None = None
    """Where a copy of an image of the catalogue is, such as your own ECR; AWS's when absent."""
    model_name: ServedName | None = None
    """What clients of tf-serving-neuron call the model; the service's name when absent."""
    load_seconds: Annotated[int, Field(strict=True, ge=1, le=LONGEST_LOAD_SECONDS)] | None = None
    """How long a start may take, model download included; 300, or 600 for torchserve-neuronx."""
    image: str | None = None
    """Image with its tag, or an id of the catalogue such as pytorch-inference-neuronx."""
    entry_point: tuple[str, ...] = ()
    """The image's own when absent."""
    command: tuple[str, ...] = ()
    """The image's own when absent."""
    environment: dict[VariableName, str] = Field(default_factory=dict)
    """Variables of the container; which chips and cores it owns is not for them to say."""
    ports: tuple[WorkloadPort, ...] = ()
    """Ports to publish."""
    health_check: HealthCheck | None = None
    """A service needs one."""
    capabilities: tuple[str, ...] | None = None
    """Linux capabilities to add, such as SYS_NICE; on Neuron hosts IPC_LOCK, which the
    runtime needs, when absent."""
    read_only_root: Switch = True
    """Whether the container's file system stays as it was built."""
    writable_paths: tuple[ContainerPath, ...] = ("/tmp",)
    """Empty folders beside a read-only file system."""
    stop_timeout_seconds: Annotated[int, Field(strict=True, ge=2, le=3_600)] = 30
    """How long the server may finish what it has after SIGTERM."""

    @property
    def resolved_load_seconds(self) -> int:
        """``load_seconds``, or what the kind takes by default."""
        if self.load_seconds is not None:
            return self.load_seconds
        return 600 if self.kind == "torchserve-neuronx" else 300


class Model(Section):
    """The compiled model, which the workload's role may read and nothing else: one that this
    platform publishes, by its name, or a folder in S3."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=128)] | None = (
        None
    )
    """Published name of one of ``models``; each task fetches that very archive before its server
    starts, and another archive is another revision of the task."""
    uri: str | None = None
    """Or the folder of a model, s3://bucket/prefix."""
    compiled_for: str | None = None
    """Target of the compiler, such as inf1, inf2 or trn1; it must be that of the pool's chips. A
    published model has its own."""
    key_arn: str | None = None
    """KMS key of the bucket; none when absent."""
