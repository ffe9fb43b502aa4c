"""Images of the daemons on Neuron hosts, and the right to pull them."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from inference_constructs.ecs import WorkloadImage
from inference_constructs.nag import acknowledge

CORE_METRICS_CONTEXT = Path(__file__).resolve().parents[1] / "container" / "neuron_metrics"


def core_metrics_image() -> ecs.ContainerImage:
    """Built by the CLI at deployment; synthesis needs no Docker."""
    return ecs.ContainerImage.from_asset(
        str(CORE_METRICS_CONTEXT),
        asset_name="neuron-metrics",
        platform=ecr_assets.Platform.LINUX_AMD64,
    )


def daemon_image(scope: Construct, construct_id: str, uri: str | None) -> ecs.ContainerImage | None:
    """The image of that name, with the right to pull it from ECR; None for the default one."""
    if uri is None:
        return None
    arn = WorkloadImage.of(uri).bind(scope).repository_arn
    if arn is None:
        return ecs.ContainerImage.from_registry(uri)
    name, at, digest = uri.partition("/")[2].partition("@")
    name, _, tag = name.partition(":")
    repository = ecr.Repository.from_repository_attributes(
        scope, construct_id, repository_arn=arn, repository_name=name
    )
    return ecs.ContainerImage.from_ecr_repository(repository, digest if at else tag or "latest")


def acknowledge_pull(daemon: ecs.Ec2Service) -> None:
    """The CDK's own policy for pulling an image out of ECR."""
    role = daemon.task_definition.execution_role
    if role is not None:
        acknowledge(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": "ecr:GetAuthorizationToken accepts no resource;"
                " what is pulled is held to the daemon's repositories."
            },
        )
