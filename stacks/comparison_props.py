"""The words of the file's comparison section turned into the construct's props."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_ec2 as ec2

from accelerator_catalog import GpuEc2Instance
from inference_constructs.tf_serving import (
    PLAIN_SERVER,
    Accelerator,
    ClientSettings,
    ElasticInference,
    GpuShare,
    ServedModel,
    ServerComparisonProps,
    ServerImage,
    SharedGpu,
    WholeGpu,
    equal_shares,
)
from tf_serving_images import TfServingImage

from .config import Platform
from .construct_props import SUBNETS, removal_policy
from .platform.comparison.check import memory_mib
from .platform.comparison.plans import ComparisonPlan

REPOSITORY = Path(__file__).resolve().parents[1]


def comparison_props(
    platform: Platform, plan: ComparisonPlan, *, vpc: ec2.IVpc
) -> ServerComparisonProps:
    """The comparison in ``vpc``."""
    section = plan.section
    chosen = accelerator(plan)
    subnets = vpc.select_subnets(subnet_type=SUBNETS[section.subnets]).subnets
    client = section.client
    return ServerComparisonProps(
        accelerator=chosen,
        model=ServedModel(
            name=section.model.name,
            uri=section.model.uri,
            sha256=section.model.sha256,
            key_arn=section.model.key_arn,
        ),
        plain_image=_image(section.images.plain, PLAIN_SERVER.image),
        accelerated_image=_image(
            section.images.accelerated, chosen.image, section.images.elastic_inference_sha256
        ),
        client=ClientSettings(
            instance_type=client.instance_type,
            root_volume_gib=client.root_volume_gib,
            image=client.image,
            inputs=client.inputs,
            calls=client.calls,
            timeout_seconds=client.timeout_seconds,
            ready_seconds=client.ready_seconds,
        ),
        vpc=vpc,
        subnet=subnets[section.zone - 1],
        repository=REPOSITORY,
        memory_mib=memory_mib(section),
        host_image=section.image,
        root_volume_gib=section.root_volume_gib,
        load_seconds=section.load_seconds,
        troubleshooting=section.troubleshooting,
        log_retention_days=section.log_retention_days,
        removal_policy=removal_policy(platform),
    )


def accelerator(plan: ComparisonPlan) -> Accelerator:
    """The strategy of the section's word."""
    section, instance = plan.section, plan.instance
    if plan.attached is not None:
        return ElasticInference(instance, plan.attached)
    assert isinstance(instance, GpuEc2Instance)
    if section.accelerator == "gpu":
        return WholeGpu(instance)
    if section.shares is None:
        return SharedGpu(instance, equal_shares(instance))
    shares = [
        GpuShare(memory_mib=share.memory_mib, compute_percent=share.compute_percent)
        for share in section.shares
    ]
    return SharedGpu(instance, shares)


def _image(uri: str | None, image: TfServingImage, server_sha256: str | None = None) -> ServerImage:
    if uri is not None:
        return ServerImage.of(uri)
    build_args = {} if server_sha256 is None else {"SERVER_SHA256": server_sha256}
    return ServerImage.built(image, repository=REPOSITORY, build_args=build_args)
