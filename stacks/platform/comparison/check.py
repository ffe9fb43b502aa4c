"""Rules of the comparison section, put together."""

from __future__ import annotations

import re

from accelerator_catalog import CPU_INSTANCES, Ec2Instance
from fleet_packing import host_budget
from stacks.platform.cluster.check import Surroundings
from stacks.platform.cluster.images import Reach, check_image_place
from stacks.platform.comparison.accelerators import (
    check_attached,
    check_host,
    check_service,
    check_shares,
    check_type,
)
from stacks.platform.comparison.file import ComparedModel, Comparison, ServerImages
from stacks.platform.comparison.plans import ComparisonPlan
from stacks.platform.file import Network
from stacks.platform.findings import Findings
from stacks.platform.problems import ABSENT

_IMAGE = re.compile(r"ami-[0-9a-f]{8,17}|/[A-Za-z0-9_./-]+(:[1-9][0-9]*)?")
_BUCKETS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"
_ARTICLES_MIB = 2_048
# CUDA's libraries and a context take two GiB and more of the host before any model.
_GPU_SERVER_MIB = 4_096
_ARCHIVES = (".tar.gz", ".tgz")
_OTHER_ARCHIVES = (".zip", ".tar", ".tar.bz2", ".tar.xz", ".tar.zst")
_WHY_NOT = {
    "public": "gives its instances no public addresses, and without one nothing there reaches out",
    "isolated": "has no way to the packages that the client installs at its first boot",
}


def check_comparison(
    section: Comparison, around: Surroundings, findings: Findings
) -> ComparisonPlan | None:
    """The comparison as planned; None where there is no host for it."""
    check_service(section, around.region, around.acknowledged, findings)
    attached = check_attached(section, findings)
    instance = check_host(section, around.region, findings)
    check_shares(section, instance, findings)
    if around.network is not None:
        _check_place(section, around.network, findings)
    _check_model(section.model, findings)
    _check_images(section, around, findings)
    _check_client(section, around.region, findings)
    _check_host_image("comparison.image", section.image, findings)
    if instance is None:
        return None
    _check_memory(section, instance, findings)
    return ComparisonPlan(section=section, instance=instance, attached=attached)


def memory_mib(section: Comparison) -> int:
    """What the task gets: the article's two GiB, and more for each server on a GPU."""
    if section.memory_mib is not None:
        return section.memory_mib
    parts = 2 if section.shares is None else len(section.shares)
    servers = {"elastic-inference": 0, "gpu": 1, "gpu-shared": parts}[section.accelerator]
    return _ARTICLES_MIB + _GPU_SERVER_MIB * servers


def _check_place(section: Comparison, network: Network, findings: Findings) -> None:
    place = "comparison.subnets"
    if section.subnets in _WHY_NOT:
        findings.refuse(
            place,
            section.subnets,
            rule=_WHY_NOT[section.subnets],
            fix="write private",
        )
    elif section.subnets not in network.subnets:
        findings.refuse(
            place,
            section.subnets,
            rule=f"is not a kind of subnet of this network, which has {', '.join(network.subnets)}",
            fix=f"add {section.subnets} to network.subnets",
        )
    if section.zone > network.availability_zones:
        findings.refuse(
            "comparison.zone",
            section.zone,
            rule=f"is more than the {network.availability_zones} availability zones",
            fix=f"write {network.availability_zones} or less",
        )


def _check_model(model: ComparedModel, findings: Findings) -> None:
    problem = _uri_problem(model.uri)
    if problem is not None:
        findings.refuse(
            "comparison.model.uri",
            model.uri,
            rule=problem,
            fix="write s3://BUCKET/KEY.tar.gz, s3://BUCKET/PREFIX/index.json or s3://BUCKET/PREFIX",
            source=_BUCKETS,
        )
    elif model.sha256 is not None and not model.uri.endswith(_ARCHIVES):
        findings.refuse(
            "comparison.model.sha256",
            model.sha256,
            rule="is of an archive, and uri names none",
            fix="remove it, or name the archive",
        )
    if model.key_arn is not None and not re.fullmatch(
        r"arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+", model.key_arn
    ):
        findings.refuse(
            "comparison.model.key_arn",
            model.key_arn,
            rule="is not the ARN of a KMS key",
            fix="write arn:aws:kms:REGION:ACCOUNT:key/ID; an alias does not do in a policy",
        )


def _uri_problem(uri: str) -> str | None:
    if not uri.startswith("s3://"):
        return "does not start with s3://"
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
        return f"has {bucket!r} for a bucket, which takes 3 to 63 lower-case letters and digits"
    if not key.strip("/"):
        return "names a whole bucket, all of which the servers could read"
    if re.search(r"[*?\s]|//", key):
        return "has a wildcard, a space or an empty folder in it"
    if key.endswith(_OTHER_ARCHIVES):
        return "is an archive of a kind that the servers do not unpack"
    return None


def _check_images(section: Comparison, around: Surroundings, findings: Findings) -> None:
    images = section.images
    for key in ("plain", "accelerated"):
        place, uri = f"comparison.images.{key}", getattr(images, key)
        if uri is None:
            _check_build(place, key, section, around, findings)
        elif not uri or re.search(r"\s", uri) or "://" in uri:
            findings.refuse(
                place,
                uri,
                rule="is not the name of an image",
                fix="write registry/repository:tag, or build",
            )
        else:
            reach = Reach(region=around.region, isolated=False, acknowledged=around.acknowledged)
            check_image_place(place, uri, reach, findings)
    _check_checksum(section, images, findings)


def _check_build(
    place: str, key: str, section: Comparison, around: Surroundings, findings: Findings
) -> None:
    if around.deploy_to == "embedded":
        findings.refuse(
            place,
            ABSENT,
            rule="is missing, and build needs Docker, which the embedded AWS does without",
            fix="write an image with its tag; nothing pulls it there",
        )
    elif (
        key == "accelerated"
        and section.accelerator == "elastic-inference"
        and section.images.elastic_inference_sha256 is None
    ):
        findings.refuse(
            place,
            ABSENT,
            rule="is missing, and to build it takes the checksum of AWS's server, which is of 2019"
            " and may be gone",
            fix="write an image with its tag, or elastic_inference_sha256",
        )


def _check_checksum(section: Comparison, images: ServerImages, findings: Findings) -> None:
    if images.elastic_inference_sha256 is not None and (
        section.accelerator != "elastic-inference" or images.accelerated is not None
    ):
        findings.refuse(
            "comparison.images.elastic_inference_sha256",
            images.elastic_inference_sha256,
            rule="is for building the server of elastic-inference, which nothing here does",
            fix="remove it",
        )


def _check_client(section: Comparison, region: str, findings: Findings) -> None:
    check_type(
        "comparison.client.instance_type",
        section.client.instance_type,
        CPU_INSTANCES,
        "without an accelerator",
        region,
        findings,
    )
    _check_host_image("comparison.client.image", section.client.image, findings)


def _check_host_image(place: str, image: str | None, findings: Findings) -> None:
    if image is not None and not _IMAGE.fullmatch(image):
        findings.refuse(
            place,
            image,
            rule="is neither an AMI id nor the name of an SSM parameter, with :VERSION or without",
            fix="write one such as ami-0123456789abcdef0, or remove it",
        )


def _check_memory(section: Comparison, instance: Ec2Instance, findings: Findings) -> None:
    most, wanted = host_budget(instance).memory_mib, memory_mib(section)
    if wanted <= most:
        return
    given = section.memory_mib is not None
    findings.refuse(
        "comparison.memory_mib",
        wanted if given else ABSENT,
        rule=f"{'is' if given else f'is missing, and its default of {wanted:,} MiB is'} more than"
        f" {instance.name} leaves, {most:,}",
        fix=f"use a larger instance_type, or write {most} or less",
    )
