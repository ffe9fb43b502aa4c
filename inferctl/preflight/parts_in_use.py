"""What of the catalogue's ends of life the templates use, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from accelerator_catalog import ECS_AMIS, END_OF_LIFE
from inferctl.preflight.container_images import container_images
from inferctl.preflight.instances import instance_sources
from inferctl.preflight.lambda_runtimes import LAMBDA_RUNTIMES
from inferctl.preflight.subject import Subject
from inferctl.preflight.templates import resources

_NOT_TO_BE_HAD = "elastic-inference"
_BY_REPOSITORY = {
    "tensorflow-inference-neuron": "tensorflow-neuron",
    "tensorflow-inference-neuronx": "tensorflow-neuronx",
    "pytorch-inference-neuronx": "pytorch-inference-neuronx",
}


@dataclass(frozen=True, kw_only=True)
class PartInUse:
    """``id`` is what the platform file may acknowledge, None where it cannot.

    ``blocked`` is the day from which AWS refuses it, None where it does not.
    """

    what: str
    place: str
    ends: date | None
    replacement: str
    id: str | None = None
    blocked: date | None = None


def parts_in_use(subject: Subject) -> tuple[PartInUse, ...]:
    """Each part with a life of its own, once, in the order of the templates."""
    found: dict[str, PartInUse] = {}
    for part in (*_from_catalogue(subject), *_host_images(subject), *_runtimes(subject)):
        found.setdefault(part.what, part)
    return tuple(found.values())


def _from_catalogue(subject: Subject) -> Iterator[PartInUse]:
    for source in instance_sources(subject.templates):
        for name in source.types:
            yield from _entry(name.removeprefix("ml.").split(".")[0], source.place)
    for image in container_images(subject):
        repository = (image.uri or "").rpartition("/")[2].split(":")[0].split("@")[0]
        yield from _entry(_BY_REPOSITORY.get(repository, ""), image.users[0])
    for stack, template in subject.templates.items():
        for host in resources(stack, template, "AWS::EC2::Instance", "AWS::ECS::TaskDefinition"):
            if {"ElasticInferenceAccelerators", "InferenceAccelerators"} & host.properties.keys():
                yield from _entry(_NOT_TO_BE_HAD, host.place)


def _entry(name: str, place: str) -> Iterator[PartInUse]:
    row = END_OF_LIFE.get(name)
    if row is not None:
        yield PartInUse(
            id=row.id,
            what=row.what,
            place=place,
            ends=row.ended,
            # of all that ended, there is nothing left to attach of this one only
            blocked=row.ended if row.id == _NOT_TO_BE_HAD else None,
            replacement=row.replacement,
        )


def _host_images(subject: Subject) -> Iterator[PartInUse]:
    by_parameter = {row.parameter: row for row in ECS_AMIS.values()}
    for stack, template in subject.templates.items():
        for parameter in template.get("Parameters", {}).values():
            row = by_parameter.get(parameter.get("Default"))
            if row is not None and row.end_of_life is not None:
                entry = END_OF_LIFE["al2-ecs-ami"]
                yield PartInUse(
                    id=entry.id,
                    what=f"the host image {row.id}",
                    place=stack,
                    ends=row.end_of_life,
                    replacement=entry.replacement,
                )


def _runtimes(subject: Subject) -> Iterator[PartInUse]:
    for stack, template in subject.templates.items():
        for function in resources(stack, template, "AWS::Lambda::Function"):
            row = LAMBDA_RUNTIMES.get(function.properties.get("Runtime", ""))
            if row is not None:
                yield PartInUse(
                    what=f"Lambda's runtime {row.name}",
                    place=function.place,
                    ends=row.deprecated,
                    blocked=row.create_block,
                    replacement="the newest runtime",
                )
