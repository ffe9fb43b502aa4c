"""What a multi-model endpoint is made of, checked before anything is built."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from aws_cdk import Duration, RemovalPolicy, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs

from accelerator_catalog import (
    GPU_INSTANCES,
    InferenceAmiChoice,
    inference_ami_for,
    triton_image,
)

from .endpoint_role import ModelData
from .triton_image import ServingImage

# `serve` picks this mode for multi-model containers without exporting it, so that tritonserver
# reports "not ready" while any model loads, and SageMaker recycles a healthy instance. Verbose
# logging is on by default in the image and logs every request.
_BASE_ENVIRONMENT = {
    "SAGEMAKER_TRITON_PING_MODE": "live",
    "SAGEMAKER_TRITON_LOG_VERBOSE": "false",
}
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html
_MOST_VARIABLES = 100
_LONGEST_VARIABLE_BYTES = 1024
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
_TIMEOUT_SECONDS = range(60, 3601)
_VOLUME_GB = range(1, 513)
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
_LONGEST_ENDPOINT_NAME = 63
AUTO = "auto"


class ModelCacheSetting(Enum):
    """Whether loaded models stay in memory between calls."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    """Unload and delete after every call: for huge sets of models that are hardly called twice."""


@dataclass(frozen=True, kw_only=True)
class ContainerSettings:
    """How the container runs.

    ``network_isolation``: the container reaches nothing, S3 included; SageMaker brings its models.
    ``environment``: variables on top of those that Triton needs on a multi-model endpoint.
    Without a timeout, SageMaker's own applies.
    """

    network_isolation: bool = True
    model_cache_setting: ModelCacheSetting = ModelCacheSetting.ENABLED
    environment: Mapping[str, str] = field(default_factory=dict)
    model_data_download_timeout: Duration | None = None
    startup_health_check_timeout: Duration | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        if len(self.all_environment) > _MOST_VARIABLES:
            problems.append(
                f"environment must hold at most {_MOST_VARIABLES} variables with the"
                f" {len(_BASE_ENVIRONMENT)} of ours, got {len(self.all_environment)}"
            )
        for name, value in self.environment.items():
            if any(len(text.encode()) > _LONGEST_VARIABLE_BYTES for text in (name, value)):
                problems.append(
                    f"environment: names and values must be at most {_LONGEST_VARIABLE_BYTES}"
                    f" bytes, got {len(name.encode())} and {len(value.encode())} for {name[:40]!r}"
                )
        for name, timeout in (
            ("model_data_download_timeout", self.model_data_download_timeout),
            ("startup_health_check_timeout", self.startup_health_check_timeout),
        ):
            if timeout is not None and timeout.to_seconds() not in _TIMEOUT_SECONDS:
                problems.append(
                    f"{name} must be {_TIMEOUT_SECONDS[0]} to {_TIMEOUT_SECONDS[-1]} seconds,"
                    f" got {int(timeout.to_seconds())}"
                )
        if problems:
            raise ValueError("invalid ContainerSettings: " + "; ".join(problems))

    @property
    def all_environment(self) -> dict[str, str]:
        """The container's variables, ours first."""
        return {**_BASE_ENVIRONMENT, **self.environment}


@dataclass(frozen=True, kw_only=True)
class MultiModelEndpointProps:
    """``inference_ami_version``: ``auto`` for the catalogue's match of image and GPU, None for
    SageMaker's default host.

    ``volume_size_gb``: EBS instances only; without it, SageMaker's default size.
    ``initial_instance_count``: two by default, so that instances spread over two zones.
    ``removal_policy``: of the containers' log. It has the name that SageMaker gives it, so one that
    was retained is taken up again by ``cdk deploy --import-existing-resources``.
    """

    endpoint_name: str
    image: ServingImage
    model_data: ModelData
    vpc: ec2.IVpc
    subnet_type: ec2.SubnetType = ec2.SubnetType.PRIVATE_WITH_EGRESS
    instance_type: str = "ml.g4dn.4xlarge"
    initial_instance_count: int = 2
    inference_ami_version: str | None = AUTO
    volume_size_gb: int | None = None
    container: ContainerSettings = field(default_factory=ContainerSettings)
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN

    def __post_init__(self) -> None:
        problems = [*self._name_problems(), *self._instance_problems()]
        if not self.model_data.prefix.endswith("/"):
            problems.append(
                f"model_data.prefix must end with '/', got {self.model_data.prefix!r}"
                f" (did you mean {self.model_data.prefix + '/'!r}?)"
            )
        if problems:
            raise ValueError("invalid MultiModelEndpointProps: " + "; ".join(problems))

    @property
    def has_local_nvme(self) -> bool:
        """Whether the instance keeps models on its own disks instead of an EBS volume."""
        return GPU_INSTANCES[self.instance_type].local_nvme

    @property
    def resolved_inference_ami_version(self) -> str | None:
        """The host image given or matched; None leaves SageMaker's default."""
        if self.inference_ami_version != AUTO:
            return self.inference_ami_version
        ami = self._matched_ami.ami
        return None if ami is None else ami.version

    @property
    def _matched_ami(self) -> InferenceAmiChoice:
        return inference_ami_for(triton_image(self.image.tag), GPU_INSTANCES[self.instance_type])

    def _name_problems(self) -> list[str]:
        name = self.endpoint_name
        if Token.is_unresolved(name) or (
            len(name) <= _LONGEST_ENDPOINT_NAME
            and re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", name)
        ):
            return []
        return [
            f"endpoint_name must be 1 to {_LONGEST_ENDPOINT_NAME} letters, digits and inner"
            f" hyphens, got {name!r}"
        ]

    def _instance_problems(self) -> list[str]:
        instance = GPU_INSTANCES.get(self.instance_type)
        if instance is None:
            known = ", ".join(sorted(GPU_INSTANCES))
            return [f"instance_type must be one of {known}, got {self.instance_type!r}"]
        problems: list[str] = []
        if instance.gpu_count != 1:
            problems.append(
                "instance_type must have one GPU (the rule for multi-model endpoints),"
                f" got {self.instance_type!r} with {instance.gpu_count}"
            )
        if self.initial_instance_count < 1:
            problems.append(
                f"initial_instance_count must be at least 1, got {self.initial_instance_count}"
            )
        if self.inference_ami_version == AUTO and self._matched_ami.ami is None:
            problems.append(
                f"inference_ami_version has no match: {self._matched_ami.explanation}"
                " (take another image tag or instance type)"
            )
        if self.volume_size_gb is not None:
            if instance.local_nvme:
                problems.append(
                    f"volume_size_gb must be left out for {self.instance_type}, which keeps models"
                    f" on its own NVMe disks, got {self.volume_size_gb}"
                )
            elif self.volume_size_gb not in _VOLUME_GB:
                problems.append(
                    f"volume_size_gb must be {_VOLUME_GB[0]} to {_VOLUME_GB[-1]},"
                    f" got {self.volume_size_gb}"
                )
        return problems
