"""The platform file's words turned into the constructs' props."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from inference_constructs import (
    ContainerSettings,
    EndpointDeploymentProps,
    EndpointScalingProps,
    ModelCacheSetting,
    ModelData,
    MultiModelEndpointProps,
    NetworkProps,
    ScalingMetric,
    ScheduledCapacity,
    ServingImage,
    interface_endpoints_in_use,
)
from rollouts import TrafficShift

from .config import EndpointPlan, Platform
from .platform.cluster.network import endpoints_of_hosts
from .platform.compile.check import endpoints_of_compilers

SUBNETS = {
    "private": ec2.SubnetType.PRIVATE_WITH_EGRESS,
    "isolated": ec2.SubnetType.PRIVATE_ISOLATED,
}


def removal_policy(platform: Platform) -> cdk.RemovalPolicy:
    """What becomes of data when a stack is deleted."""
    return {
        "destroy": cdk.RemovalPolicy.DESTROY,
        "retain": cdk.RemovalPolicy.RETAIN,
    }[platform.removal]


def network_props(platform: Platform) -> NetworkProps:
    """The network section, with the interface endpoints picked where it leaves them open."""
    network = platform.network
    named: Sequence[str]
    if network.interface_endpoints is not None:
        named = network.interface_endpoints
    else:
        section = None if platform.endpoint is None else platform.endpoint.section
        cluster = platform.cluster
        hosts = () if cluster is None else endpoints_of_hosts(cluster.section)
        named = interface_endpoints_in_use(
            serves=section is not None,
            isolated=section is not None and section.subnets == "isolated",
            network_isolation=section is not None and section.network_isolation,
            hosts=(*hosts, *endpoints_of_compilers(platform.compile)),
        )
    connects = platform.comparison is not None and platform.comparison.connects
    extra = ("elastic-inference.runtime",) if network.elastic_inference_endpoint or connects else ()
    return NetworkProps(
        cidr=network.cidr,
        availability_zones=network.availability_zones,
        subnets=network.subnets,
        nat_gateways=network.nat_gateways,
        interface_endpoints=(*named, *extra),
        s3_gateway_endpoint=network.s3_gateway_endpoint,
        flow_log_retention_days=(
            None if network.flow_logs is None else network.flow_logs.retention_days
        ),
        removal_policy=removal_policy(platform),
    )


def endpoint_props(
    platform: Platform, plan: EndpointPlan, *, vpc: ec2.IVpc, model_data: ModelData
) -> MultiModelEndpointProps:
    """The endpoint section, in ``vpc`` and over ``model_data``."""
    section = plan.section
    image = {"stock": ServingImage.stock, "extended": ServingImage.extended}[section.image.kind]
    return MultiModelEndpointProps(
        endpoint_name=plan.name,
        image=image(section.image.tag, registry_account=section.image.account),
        model_data=model_data,
        vpc=vpc,
        subnet_type=SUBNETS[section.subnets],
        instance_type=section.instance_type,
        initial_instance_count=section.initial_instance_count,
        inference_ami_version=plan.inference_ami_version,
        volume_size_gb=section.volume_size_gb,
        container=ContainerSettings(
            network_isolation=section.network_isolation,
            model_cache_setting=ModelCacheSetting[section.model_cache.upper()],
            environment=section.environment,
            model_data_download_timeout=_seconds(section.model_data_download_timeout_seconds),
            startup_health_check_timeout=_seconds(
                section.container_startup_health_check_timeout_seconds
            ),
        ),
        removal_policy=removal_policy(platform),
    )


def scaling_props(plan: EndpointPlan) -> EndpointScalingProps | None:
    """The scaling section; None where scaling is off."""
    scaling = plan.section.scaling
    if scaling is None:
        return None
    return EndpointScalingProps(
        min_instances=scaling.min_instances,
        max_instances=scaling.max_instances,
        metric=ScalingMetric(scaling.metric),
        target=scaling.target_value,
        scale_in_cooldown_seconds=scaling.scale_in_cooldown_seconds,
        scale_out_cooldown_seconds=scaling.scale_out_cooldown_seconds,
        schedules=[
            ScheduledCapacity(
                name=schedule.name,
                cron=schedule.cron,
                min_instances=schedule.min_instances,
                max_instances=schedule.max_instances,
            )
            for schedule in scaling.schedules
        ],
    )


def deployment_props(plan: EndpointPlan) -> EndpointDeploymentProps | None:
    """The deployment section; None where all traffic is shifted at once."""
    deployment = plan.section.deployment
    if deployment is None:
        return None
    return EndpointDeploymentProps(
        kind=TrafficShift(deployment.kind),
        percent=deployment.percent,
        wait_seconds=deployment.wait_seconds,
        termination_wait_seconds=deployment.termination_wait_seconds,
        timeout_seconds=deployment.timeout_seconds,
        cold_minutes=deployment.cold_minutes,
        errors_percent=deployment.errors_percent,
        latency_ms=deployment.latency_ms,
    )


def _seconds(value: int | None) -> cdk.Duration | None:
    return None if value is None else cdk.Duration.seconds(value)
