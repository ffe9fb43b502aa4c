"""Every container image that the templates name, and what of them is still to be pushed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from accelerator_catalog import REGIONS
from inferctl.preflight.intrinsics import pseudo_parameters, resolved
from inferctl.preflight.subject import Subject
from inferctl.preflight.templates import Template, resources

# What the CDK CLI builds and pushes itself, before it deploys the stack that uses it.
_CDK_ASSETS = re.compile(r"cdk-[a-z0-9]+-container-assets-")
_OWN_IMAGE = "the build of the endpoint's own image"
_ECR = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[a-z.]+/"
    r"(?P<repository>[^:@]+)(?:@(?P<digest>sha256:[0-9a-f]{64})|:(?P<tag>[\w.-]+))?$"
)


@dataclass(frozen=True, kw_only=True)
class ContainerImage:
    """One image; ``uri`` is None where only the deployment knows it."""

    uri: str | None
    users: tuple[str, ...]

    @property
    def ecr(self) -> re.Match[str] | None:
        """Its parts where a private registry of ECR holds it."""
        return None if self.uri is None else _ECR.match(self.uri)

    @property
    def is_public_ecr(self) -> bool:
        """True where anyone may pull it from ECR Public."""
        return self.uri is not None and self.uri.startswith("public.ecr.aws/")


def container_images(subject: Subject) -> tuple[ContainerImage, ...]:
    """Each image once, without those that a deployment pushes itself."""
    region = REGIONS[subject.platform.region]
    pseudo = pseudo_parameters(
        region=region.name,
        partition=region.partition,
        suffix=region.dns_suffix,
        account=subject.account or subject.platform.account,
    )
    users: dict[str | None, list[str]] = {}
    endpoint = subject.platform.endpoint
    if endpoint is not None and endpoint.section.image.kind == "extended":
        users[endpoint.image_uri] = [_OWN_IMAGE]
    for stack, template in subject.templates.items():
        for place, value in _values(stack, template):
            if not _CDK_ASSETS.search(repr(value)):
                users.setdefault(resolved(value, pseudo), []).append(place)
    return tuple(
        ContainerImage(uri=uri, users=tuple(dict.fromkeys(places))) for uri, places in users.items()
    )


def _values(stack: str, template: Template) -> Iterator[tuple[str, object]]:
    for model in resources(stack, template, "AWS::SageMaker::Model"):
        containers = [
            model.properties.get("PrimaryContainer", {}),
            *model.properties.get("Containers", []),
        ]
        yield from ((model.place, each["Image"]) for each in containers if "Image" in each)
    for task in resources(stack, template, "AWS::ECS::TaskDefinition"):
        for container in task.properties.get("ContainerDefinitions", []):
            yield task.place, container["Image"]
    for job in resources(stack, template, "AWS::Batch::JobDefinition"):
        yield from ((job.place, image) for image in _job_images(job.properties))
    for function in resources(stack, template, "AWS::Lambda::Function"):
        image = function.properties.get("Code", {}).get("ImageUri")
        if image is not None:
            yield function.place, image


def _job_images(properties: Mapping[str, Any]) -> Iterator[object]:
    containers = [properties.get("ContainerProperties", {})]
    for task in properties.get("EcsProperties", {}).get("TaskProperties", []):
        containers += task.get("Containers", [])
    yield from (each["Image"] for each in containers if "Image" in each)
