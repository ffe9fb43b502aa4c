"""Rules of container images: which chips they run on, and whether hosts can pull them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from accelerator_catalog import (
    END_OF_LIFE,
    NEURON_CORES,
    NEURON_IMAGES,
    REGIONS,
    NeuronImage,
    NeuronInstance,
    UnknownImageError,
    neuron_host_problem,
    neuron_image_uri,
    sdk_of_image,
    sdk_problem,
)
from stacks.platform.cluster.plans import PoolPlan
from stacks.platform.findings import Findings
from stacks.platform.problems import ABSENT

_ECR = re.compile(r"[0-9]{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/")
_PUBLIC_ECR = "public.ecr.aws/"
_ENDPOINTS = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html"
_PARTITIONS = "https://docs.amazonaws.cn/en_us/aws/latest/userguide/services.html"
_LEGACY = {
    "tensorflow-inference-neuron": "tensorflow-neuron",
    "tensorflow-inference-neuron-1.15.4": "tensorflow-neuron",
    "tensorflow-inference-neuronx": "tensorflow-neuronx",
    "pytorch-inference-neuronx": "pytorch-inference-neuronx",
}
_AS_REGISTRY = "write that as registry"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """From where images are pulled. ``region`` is empty where it could not be read.

    ``acknowledged``: ends of life that the file knows of.
    """

    region: str
    isolated: bool
    acknowledged: frozenset[str]


def check_image_place(
    place: str, uri: str, reach: Reach, findings: Findings, *, as_what: str = "name that"
) -> None:
    """Adds why hosts in ``reach`` cannot pull ``uri``."""
    if reach.region not in REGIONS:
        return
    mirror = f"copy it to your own ECR in {reach.region} and {as_what}"
    match = _ECR.match(uri)
    home = REGIONS[reach.region].partition
    if match is None and reach.isolated:
        findings.refuse(
            place,
            uri,
            rule="cannot be pulled from isolated subnets, which have no route to its registry",
            fix=f"{mirror}, or write cluster.subnets: private",
            source=_ENDPOINTS,
        )
    elif match is None and uri.startswith(_PUBLIC_ECR) and home != "aws":
        findings.refuse(
            place,
            uri,
            rule=f"is in the public registry, which partition {home} does not have",
            fix=mirror,
            source=_PARTITIONS,
        )
    elif match is not None and reach.isolated and match["region"] != reach.region:
        findings.refuse(
            place,
            uri,
            rule=f"is in {match['region']}, and isolated subnets reach ECR of {reach.region} only",
            fix=mirror,
            source=_ENDPOINTS,
        )
    elif match is not None and _partition(match["region"]) not in (None, home):
        findings.refuse(
            place,
            uri,
            rule=f"is in another partition than {reach.region}, whose roles mean nothing there",
            fix=mirror,
            source=_PARTITIONS,
        )


def check_catalogued(
    place: str,
    named: object,
    image: NeuronImage,
    pool: PoolPlan | None,
    findings: Findings,
    *,
    fix: str | None = None,
) -> None:
    """Adds why an image of the catalogue, which ``place`` calls ``named``, does not run there."""
    instance = None if pool is None else pool.neuron
    if instance is not None and instance.core_version not in image.core_versions:
        chips = [chip for v in sorted(image.core_versions) for chip in NEURON_CORES[v].chips]
        findings.refuse(
            place,
            named,
            rule=f"is for {', '.join(chips)}, and {instance.name} has {instance.chip}",
            fix=fix or _other_image(pool),
            source=image.source,
        )
        return
    _check_sdk(place, named, image.sdk, pool, findings)


def warn_of_legacy(place: str, image: NeuronImage, reach: Reach, findings: Findings) -> None:
    """Warns of images that are published no more, unless the file acknowledges it."""
    legacy = _LEGACY.get(image.id)
    if legacy is not None and legacy not in reach.acknowledged:
        entry = END_OF_LIFE[legacy]
        findings.warn(place, f"{entry.notice} ({entry.source})")


def check_pull(
    place: str, image: NeuronImage, registry: str | None, reach: Reach, findings: Findings
) -> None:
    """Adds why hosts cannot pull an image of the catalogue, from ``registry`` or from AWS's."""
    if registry is not None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.:/_-]*", registry) or "://" in registry:
            findings.refuse(
                place,
                registry,
                rule="is not the name of a registry",
                fix="write one such as 111122223333.dkr.ecr.us-east-1.amazonaws.com",
            )
            return
        uri = f"{registry.rstrip('/')}/{image.repository}:{image.tag}"
        check_image_place(place, uri, reach, findings, as_what=_AS_REGISTRY)
        return
    if reach.region not in REGIONS:
        return
    try:
        uri = neuron_image_uri(image, reach.region)
    except UnknownImageError as error:
        findings.refuse(
            place,
            ABSENT,
            rule=f"is missing: {error.rule}",
            fix=f"copy it to your own ECR in {reach.region} and {_AS_REGISTRY}",
            source=error.source,
        )
        return
    check_image_place(place, uri, reach, findings, as_what=_AS_REGISTRY)


def check_named(place: str, uri: str, pool: PoolPlan | None, findings: Findings) -> bool:
    """Whether ``uri`` names an image; adds why that image does not run on the pool's hosts."""
    if not uri or re.search(r"\s", uri) or "://" in uri:
        findings.refuse(
            place,
            uri,
            rule="is not the name of an image",
            fix="write registry/repository:tag, or an id of the catalogue such as"
            f" {next(iter(NEURON_IMAGES))}",
        )
        return False
    sdk = sdk_of_image(uri)
    if sdk is not None:
        _check_sdk(place, uri, sdk, pool, findings)
    return True


def _check_sdk(
    place: str, named: object, sdk: str, pool: PoolPlan | None, findings: Findings
) -> None:
    if pool is None or pool.neuron is None:
        return
    problem = _sdk_problem(sdk, pool, pool.neuron)
    if problem is not None:
        findings.refuse(
            place,
            named,
            rule=f"does not run on pool {pool.name}: {problem}",
            fix=_other_image(pool),
            source=NEURON_CORES[pool.neuron.core_version].source,
        )


def _sdk_problem(sdk: str, pool: PoolPlan, instance: NeuronInstance) -> str | None:
    """The driver is that of the host image, unless the file pins another or ECS chooses it."""
    problem = sdk_problem(sdk, instance)
    if problem is None and pool.section.image is None and not pool.managed:
        problem = neuron_host_problem(sdk, pool.ami, instance)
    return problem


def _other_image(pool: PoolPlan | None) -> str:
    fitting = [
        image.id
        for image in NEURON_IMAGES.values()
        if pool is not None
        and pool.neuron is not None
        and pool.neuron.core_version in image.core_versions
        and _sdk_problem(image.sdk, pool, pool.neuron) is None
    ]
    return f"use {' or '.join(fitting) or 'an image of your own'}, or another pool"


def _partition(region: str) -> str | None:
    return REGIONS[region].partition if region in REGIONS else None
