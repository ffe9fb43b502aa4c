"""Resources without substance: the CDK's metadata and CloudFormation's wait handle."""

from __future__ import annotations

from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, keep, names


def _create(request: Request) -> Made:
    return Made(request.name(128))


def _update(_request: Request, live: LiveResource) -> Made:
    return Made(live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::CDK::Metadata": ResourceType(_create, keep, names("Analytics"), update=_update),
    "AWS::CloudFormation::WaitConditionHandle": ResourceType(
        _create, keep, frozenset(), update=_update
    ),
}
