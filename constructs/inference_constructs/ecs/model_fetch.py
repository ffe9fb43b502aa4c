"""The container that has a fleet's archive in place before the server of its task starts."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from fleet_packing import FETCH_BUDGET
from inference_constructs.repository_image import repository_image

from .workload_archive import MODEL_FOLDER, ModelArchive
from .workload_image import BoundImage

FETCH_CONTAINER = "model-fetch"
"""Not essential: it ends, and the server starts where it ended well."""
MODEL_VOLUME = "model"
# What container/model_fetch/model_fetch/__main__.py reads.
URI_VARIABLE = "MODEL_URI"
DIGEST_VARIABLE = "MODEL_DIGEST"
FOLDER_VARIABLE = "MODEL_FOLDER"
# The package itself, what it shares with the start-up code of our TensorFlow Serving images, and
# the archive format.
_SHARED = ("container/tf_serving_start", "lambda/model_artifacts")


def bind_fetch_image(scope: Construct, model: ModelArchive) -> BoundImage:
    """The image that fetches ``model``, for the region of ``scope``'s stack."""
    if model.image is not None:
        return model.image.bind(scope)
    asset = repository_image(scope, "model_fetch", shared=_SHARED)
    return BoundImage(uri=asset.image_uri, repository_arn=asset.repository.repository_arn)


def fetch_container(
    model: ModelArchive,
    image: BoundImage,
    *,
    scope: Construct,
    log_configuration: ecs.CfnTaskDefinition.LogConfigurationProperty,
) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
    """Downloads, checks and unpacks the archive, then exits."""
    environment = {
        "AWS_REGION": Stack.of(scope).region,
        DIGEST_VARIABLE: model.digest,
        FOLDER_VARIABLE: MODEL_FOLDER,
        URI_VARIABLE: model.uri,
    }
    return ecs.CfnTaskDefinition.ContainerDefinitionProperty(
        name=FETCH_CONTAINER,
        image=image.uri,
        essential=False,
        memory=FETCH_BUDGET.memory_mib,
        cpu=FETCH_BUDGET.cpu_units,
        environment=[
            ecs.CfnTaskDefinition.KeyValuePairProperty(name=name, value=value)
            for name, value in sorted(environment.items())
        ],
        # Root without any capability: the volume is root's, and only it is written to.
        user="0:0",
        linux_parameters=ecs.CfnTaskDefinition.LinuxParametersProperty(
            init_process_enabled=True,
            capabilities=ecs.CfnTaskDefinition.KernelCapabilitiesProperty(drop=["ALL"]),
        ),
        readonly_root_filesystem=True,
        mount_points=[_mount(read_only=False)],
        # How long the server's start waits for this one; the agent gives up after 3 minutes else.
        # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
        start_timeout=model.fetch_seconds,
        log_configuration=log_configuration,
    )


def model_mount() -> ecs.CfnTaskDefinition.MountPointProperty:
    """The archive, as the server sees it."""
    return _mount(read_only=True)


def waits_for_fetch() -> ecs.CfnTaskDefinition.ContainerDependencyProperty:
    """A failed fetch stops the task, which a service's circuit breaker counts."""
    return ecs.CfnTaskDefinition.ContainerDependencyProperty(
        container_name=FETCH_CONTAINER, condition="SUCCESS"
    )


def _mount(*, read_only: bool) -> ecs.CfnTaskDefinition.MountPointProperty:
    return ecs.CfnTaskDefinition.MountPointProperty(
        source_volume=MODEL_VOLUME, container_path=MODEL_FOLDER, read_only=read_only
    )
