"""EC2: launch templates, whose every change is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from inferctl.localaws.cloudformation.errors import ResourceFailedError
from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, changed_names, names, without
from .ec2_network import tag
from .fit import call
from .table import change_tags

# the API takes these, a template may not say them:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-launchtemplate-launchtemplatedata.html
_NOT_IN_TEMPLATES = names(
    "ElasticGpuSpecifications ElasticInferenceAccelerators Operator SecondaryInterfaces"
)
_VERSIONED = names("LaunchTemplateData VersionDescription")


def _check(properties: Mapping[str, Any]) -> None:
    extra = sorted(_NOT_IN_TEMPLATES & properties["LaunchTemplateData"].keys())
    if extra:
        raise ResourceFailedError(
            "Properties validation failed: #/LaunchTemplateData: extraneous key"
            f" [{', '.join(extra)}] is not permitted"
        )


def _tags(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The template's own tags, as other types have them."""
    specifications = properties.get("TagSpecifications", [])
    return {"Tags": [item for one in specifications for item in one.get("Tags", [])]}


def _made(template: Mapping[str, Any]) -> Made:
    template_id = template["LaunchTemplateId"]
    return Made(
        template_id,
        {
            "LaunchTemplateId": template_id,
            "DefaultVersionNumber": str(template["DefaultVersionNumber"]),
            "LatestVersionNumber": str(template["LatestVersionNumber"]),
        },
    )


def _create(request: Request) -> Made:
    _check(request.properties)
    arguments = dict(request.properties)
    arguments.setdefault("LaunchTemplateName", request.name(128))
    return _made(call(request, "ec2", "create_launch_template", arguments)["LaunchTemplate"])


def _update(request: Request, live: LiveResource) -> Made:
    _check(request.properties)
    properties, template = request.properties, {"LaunchTemplateId": live.physical_id}
    if changed_names(live.properties, properties) & _VERSIONED:
        version = without(properties, "LaunchTemplateName", "TagSpecifications")
        call(request, "ec2", "create_launch_template_version", version, **template)
    tagged = replace(request, properties=_tags(properties))
    change_tags(tag, tagged, live.physical_id, _tags(live.properties))
    found = request.client("ec2").describe_launch_templates(LaunchTemplateIds=[live.physical_id])
    return _made(found["LaunchTemplates"][0])


def _delete(request: Request, live: LiveResource) -> None:
    request.client("ec2").delete_launch_template(LaunchTemplateId=live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::EC2::LaunchTemplate": ResourceType(
        _create,
        _delete,
        names("LaunchTemplateName TagSpecifications") | _VERSIONED,
        update=_update,
        replace_on=names("LaunchTemplateName"),
    ),
}
