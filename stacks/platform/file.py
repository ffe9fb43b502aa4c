"""The typed platform file, section by section; rules across sections are in the siblings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from accelerator_catalog import NEWEST_TRITON_TAG
from stacks.platform.cluster.file import Cluster
from stacks.platform.comparison.file import Comparison
from stacks.platform.compile.file import Compile
from stacks.platform.endpoint.deployment_file import EndpointDeployment
from stacks.platform.endpoint.verification_file import EndpointVerification
from stacks.platform.monitoring.file import Monitoring
from stacks.platform.section import (
    Cooldown,
    Count,
    CountOrZero,
    RetentionDays,
    ScheduleName,
    Section,
    Switch,
    VariableName,
    word_for_none,
)

# 128 characters of a stack name and 63 of an endpoint name hold "<platform>-endpoint" and
# "<platform>-models". docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
LONGEST_PLATFORM_NAME = 63 - len("-models")
# docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
LARGEST_REQUEST_BYTES = 6_291_456
DEFAULT_INSTANCE_TYPE = "ml.g4dn.4xlarge"

SubnetKind = Literal["public", "private", "isolated"]
Metric = Literal["gpu_utilization", "gpu_memory_utilization", "invocations_per_instance"]
InterfaceEndpoint = Literal[
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "ecs",
    "ecs-agent",
    "ecs-telemetry",
    "kms",
    "lambda",
    "logs",
    "monitoring",
    "sagemaker.api",
    "sagemaker.runtime",
    "states",
    "sts",
]
_DEFAULT_TARGET: dict[str, float] = {
    "gpu_utilization": 60.0,
    "gpu_memory_utilization": 60.0,
    "invocations_per_instance": 70.0,
}


Seconds = Annotated[int, Field(strict=True, ge=60, le=3600)]
EndpointName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", max_length=63)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=256)]
# What an artifact's key may begin with: model_artifacts.paths.
PublishedName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=128)]


class FlowLogs(Section):
    """VPC flow logs to CloudWatch Logs."""

    retention_days: RetentionDays = 30
    """Days the flow logs are kept, one of the values CloudWatch Logs accepts."""


class Network(Section):
    """What the VPC is made of."""

    cidr: str = "10.0.0.0/16"
    """IPv4 block of the VPC, /16 to /28."""
    availability_zones: Annotated[int, Field(strict=True, ge=2, le=6)] = 2
    """Zones the subnets spread over."""
    subnets: Annotated[tuple[SubnetKind, ...], Field(min_length=1)] = ("public", "private")
    """Kinds of subnet, each once in every zone: private ones reach out through NAT gateways."""
    nat_gateways: CountOrZero = 1
    """NAT gateways, 0 to the number of zones."""
    flow_logs: Annotated[FlowLogs | None, word_for_none("off", Literal["off"] | FlowLogs)] = (
        FlowLogs()
    )
    """``off``, or how long flow logs are kept."""
    s3_gateway_endpoint: Switch = True
    """Whether S3 is reached inside the VPC; an endpoint needs it to load models."""
    interface_endpoints: Annotated[
        tuple[InterfaceEndpoint, ...] | None,
        word_for_none("auto", Literal["auto"] | tuple[InterfaceEndpoint, ...]),
    ] = None
    """``auto`` takes those that the platform's stacks call; or a list, which may be empty."""
    elastic_inference_endpoint: Switch = False
    """The runtime endpoint of Elastic Inference, a dead service."""


class Image(Section):
    """The Triton container image."""

    tag: str = NEWEST_TRITON_TAG
    """Tag of sagemaker-tritonserver, such as 26.05-py3."""
    kind: Literal["stock", "extended"] = "stock"
    """``extended`` is the stock image plus the packages that our Python models import."""
    account: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = None
    """Registry account, where it is not the catalogue's, such as a private mirror."""


class Schedule(Section):
    """One scheduled change of the scaling limits; times are UTC."""

    name: ScheduleName
    """Unique among the schedules; it becomes a construct ID."""
    cron: str
    """Six fields: minutes, hours, day of month, month, day of week, year; ``0 8 ? * MON-FRI *``."""
    min_instances: Count
    """Fewest instances from then on."""
    max_instances: Count
    """Most instances from then on."""

    @property
    def expression(self) -> str:
        """As Application Auto Scaling takes it: ``cron(0 8 ? * MON-FRI *)``."""
        return f"cron({self.cron})"


class Scaling(Section):
    """Target tracking on one metric of the endpoint."""

    min_instances: Count = 1
    """Fewest instances; a multi-model endpoint does not scale to zero."""
    max_instances: Count = 5
    """Most instances."""
    metric: Metric = "gpu_utilization"
    """What is held at ``target``."""
    target: Annotated[float, Field(gt=0)] | None = None
    """Percent for the GPU metrics (60 when absent), calls a minute for invocations (70)."""
    scale_in_cooldown_seconds: Cooldown = 600
    """Wait after a scale-in."""
    scale_out_cooldown_seconds: Cooldown = 200
    """Wait after a scale-out."""
    schedules: tuple[Schedule, ...] = ()
    """Scheduled changes of the limits."""

    @property
    def target_value(self) -> float:
        """``target``, or the default of the metric."""
        return _DEFAULT_TARGET[self.metric] if self.target is None else self.target


class Endpoint(Section):
    """One GPU multi-model endpoint."""

    name: EndpointName | None = None
    """Endpoint and fleet name; ``<platform>-models`` when absent."""
    instance_type: str = DEFAULT_INSTANCE_TYPE
    """SageMaker instance type with one GPU."""
    initial_instance_count: Count = 2
    """Instances at creation, spread over the zones; afterwards scaling sets the count, or, where
    it is off, this number."""
    image: Image = Image()
    """The container image."""
    inference_ami: str = "auto"
    """``auto`` pairs the host image with the container; ``default`` leaves it to SageMaker;
    or an InferenceAmiVersion."""
    volume_size_gb: Annotated[int, Field(strict=True, ge=1, le=512)] | None = None
    """EBS volume of instance types without their own NVMe storage, GB."""
    model_cache: Literal["enabled", "disabled"] = "enabled"
    """``disabled`` unloads and deletes each model right after its call."""
    network_isolation: Switch = True
    """Whether the container is cut off from every network."""
    subnets: Literal["private", "isolated"] = "private"
    """The network's subnets that hold the instances' interfaces."""
    environment: dict[VariableName, str] = Field(default_factory=dict)
    """Extra variables of the container."""
    model_data_download_timeout_seconds: Seconds | None = None
    """60 to 3600; SageMaker's default when absent."""
    container_startup_health_check_timeout_seconds: Seconds | None = None
    """60 to 3600; SageMaker's default when absent."""
    scaling: Annotated[Scaling | None, word_for_none("off", Literal["off"] | Scaling)] = Scaling()
    """``off``, or the limits and the metric."""
    deployment: Annotated[
        EndpointDeployment | None,
        word_for_none("all-at-once", Literal["all-at-once"] | EndpointDeployment),
    ] = None
    """``all-at-once``, or the parts in which an update shifts traffic, and when it goes back."""
    verification: Annotated[
        EndpointVerification | None, word_for_none("off", Literal["off"] | EndpointVerification)
    ] = EndpointVerification()
    """``off``, or how models are asked after each deployment; those without a golden are not."""
    warm_up: tuple[Name, ...] = ()
    """Names of hot models that are called right after each deployment and scale-out, before their
    callers are."""


class ModelEntry(Section):
    """One model folder to publish."""

    name: Name
    """Folder below models/."""
    publish_as: PublishedName | None = None
    """Name that callers use, unique; the folder's when absent. It lets one folder be published
    twice."""
    build: str | None = None
    """Build of the model file; the first that makes ``target`` when absent."""
    target: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*$")] | None = None
    """``cpu``, a GPU family, or a Neuron family of the cluster; cpu when embedded, else the family
    of the instance type."""
    max_request_bytes: Annotated[int, Field(strict=True, ge=1, le=LARGEST_REQUEST_BYTES)] = (
        LARGEST_REQUEST_BYTES
    )
    """Largest request body that clients send, bytes; SageMaker stops at 6,291,456."""

    @property
    def published_name(self) -> str:
        """``publish_as``, or the folder's name."""
        return self.name if self.publish_as is None else self.publish_as


class PlatformFile(Section):
    """A platform: a network, a fleet of models with its endpoint, a cluster, a comparison."""

    platform: Annotated[
        str,
        Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=LONGEST_PLATFORM_NAME),
    ]
    """Prefix of every stack name: <platform>-network, -models, -endpoint, -cluster, -comparison,
    -monitoring."""
    deploy_to: Literal["embedded", "aws"] = "aws"
    """``embedded`` is the AWS inside one process on this machine."""
    region: str
    """AWS region."""
    account: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = None
    """Twelve digits in quotes; environment-agnostic stacks when absent."""
    removal: Literal["destroy", "retain"] = "retain"
    """What happens to buckets, keys, logs and published models when a stack is deleted."""
    acknowledge_end_of_life: tuple[str, ...] = ()
    """Ids of the catalogue's end-of-life entries that this platform uses on purpose."""
    network: Network = Network()
    """The VPC."""
    endpoint: Endpoint | None = None
    """The endpoint; network and models only when absent."""
    models: tuple[ModelEntry, ...] = ()
    """The models to publish."""
    compile: Annotated[Compile | None, word_for_none("off", Literal["off"] | Compile)] = Compile()
    """``off`` refuses builds that need a compiler; else there are machines for those there are."""
    cluster: Cluster | None = None
    """The ECS cluster of Neuron and ordinary instances; none when absent."""
    comparison: Comparison | None = None
    """Plain beside accelerated TensorFlow Serving; none when absent."""
    monitoring: Annotated[Monitoring | None, word_for_none("off", Literal["off"] | Monitoring)] = (
        None
    )
    """``off``, or where good ends and who is told."""
