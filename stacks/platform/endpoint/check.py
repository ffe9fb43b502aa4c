"""Rules of the endpoint section against the catalogue, the region and the network."""

from __future__ import annotations

from difflib import get_close_matches

from accelerator_catalog import (
    END_OF_LIFE,
    GPU_INSTANCES,
    REGIONS,
    GpuInstance,
    MultiModelSupport,
    regions_offering,
    single_gpu_alternative,
)
from stacks.platform.file import DEFAULT_INSTANCE_TYPE, Endpoint, Network
from stacks.platform.findings import Findings

_MULTI_MODEL = "https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-support.html"
_PRICES = "https://aws.amazon.com/sagemaker/ai/pricing"
_VARIANT = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html"
_VPC = "https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html"
_INSTANCE = "endpoint.instance_type"


def check_instance(
    endpoint: Endpoint, region: str, acknowledged: frozenset[str], findings: Findings
) -> GpuInstance | None:
    """The instance type a multi-model endpoint may use, or None; adds what is wrong with it."""
    name = endpoint.instance_type
    instance = GPU_INSTANCES.get(name)
    if instance is None:
        usable = [
            row.name
            for row in GPU_INSTANCES.values()
            if row.gpu_count == 1 and row.family not in END_OF_LIFE
        ]
        near = get_close_matches(f"ml.{name.removeprefix('ml.')}", usable, n=1, cutoff=0.85)
        findings.refuse(
            _INSTANCE,
            name,
            rule="is not a GPU instance type in the catalogue",
            fix=f"did you mean {near[0]}?" if near else f"use {DEFAULT_INSTANCE_TYPE}",
            source=_MULTI_MODEL,
        )
        return None
    if instance.gpu_count > 1:
        findings.refuse(
            _INSTANCE,
            name,
            rule=f"has {instance.gpu_count} GPUs; multi-model endpoints run on"
            " instances with one GPU",
            fix=f"use {single_gpu_alternative(instance).name}",
            source=_MULTI_MODEL,
        )
        return None
    if instance.multi_model is MultiModelSupport.UNCONFIRMED:
        findings.warn(
            _INSTANCE,
            f"AWS does not list {name} for GPU multi-model endpoints, though the API"
            f" takes it ({_MULTI_MODEL})",
        )
    _check_availability(instance, region, acknowledged, findings)
    return instance


def _check_availability(
    instance: GpuInstance, region: str, acknowledged: frozenset[str], findings: Findings
) -> None:
    regions = regions_offering(instance)
    legacy = END_OF_LIFE.get(instance.family)
    if legacy is not None and legacy.id not in acknowledged:
        findings.warn(_INSTANCE, f"{legacy.notice} ({legacy.source})")
    if not regions or region not in REGIONS or region in regions:
        return
    size = instance.name.rpartition(".")[2]
    there = [
        row
        for row in GPU_INSTANCES.values()
        if row.gpu_count == 1 and region in regions_offering(row)
    ]
    same_size = [row.name for row in there if row.name.endswith(f".{size}")]
    fix = (
        f"use {(same_size or [row.name for row in there])[0]}"
        if there
        else (
            "use a region such as us-east-1, us-west-2 or eu-west-1, as this one has no GPU types"
        )
    )
    findings.refuse(
        _INSTANCE,
        instance.name,
        rule=f"is not offered for hosting in {region}",
        fix=fix,
        source=_PRICES,
    )


def check_volume(endpoint: Endpoint, instance: GpuInstance, findings: Findings) -> None:
    """Adds a volume size that the instance type cannot take."""
    if endpoint.volume_size_gb is not None and instance.local_nvme:
        findings.refuse(
            "endpoint.volume_size_gb",
            endpoint.volume_size_gb,
            rule=f"cannot be set on {instance.name}, whose models live on its own"
            f" {instance.local_nvme_gb:,} GB of NVMe",
            fix="write null or remove it",
            source=_VARIANT,
        )


def check_placement(endpoint: Endpoint, network: Network, findings: Findings) -> None:
    """Adds subnets that the network does not have, or that cannot reach the models in S3."""
    place = "endpoint.subnets"
    if endpoint.subnets not in network.subnets:
        findings.refuse(
            place,
            endpoint.subnets,
            rule=f"is not a kind of subnet of this network, which has {', '.join(network.subnets)}",
            fix=f"add {endpoint.subnets} to network.subnets, or choose another",
            source=_VPC,
        )
    if network.s3_gateway_endpoint:
        return
    if endpoint.subnets == "isolated":
        findings.refuse(
            place,
            endpoint.subnets,
            rule="has no way to the models in S3 without the S3 gateway endpoint",
            fix="write network.s3_gateway_endpoint: true",
            source=_VPC,
        )
    else:
        findings.warn(
            "network.s3_gateway_endpoint",
            "every model is downloaded through the NAT gateway,"
            " which is billed per GB; the gateway endpoint is free",
        )
