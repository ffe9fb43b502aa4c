"""Templates: JSON or YAML with the short intrinsic tags, inline or behind an S3 URL."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from botocore.exceptions import ClientError

from inferctl.localaws import clients

from .errors import CloudFormationError

_SECTIONS = frozenset(
    [
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        "Rules",
        "Mappings",
        "Conditions",
        "Resources",
        "Outputs",
    ]
)
_RESOURCE_KEYS = frozenset(
    [
        "Type",
        "Properties",
        "DependsOn",
        "Condition",
        "Metadata",
        "DeletionPolicy",
        "UpdateReplacePolicy",
        "UpdatePolicy",
    ]
)
# the engine never sets a size that the template leaves unchanged, so this one changes nothing; the
# CDK writes it on every Auto Scaling group
_UPDATE_POLICY = {"AutoScalingScheduledAction": {"IgnoreUnmodifiedGroupSizeProperties": True}}
# docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_MOST_RESOURCES = 500
_MOST_BYTES = 1024 * 1024
_VIRTUAL_HOST = re.compile(r"^(?P<bucket>.+?)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$")


@dataclass(frozen=True)
class Template:
    """One template: the text as it was sent, and what it says."""

    text: str
    body: dict[str, Any]

    def section(self, name: str) -> dict[str, Any]:
        """A section of the template; an absent one is empty."""
        return self.body.get(name) or {}

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Every resource declaration by logical id."""
        return self.section("Resources")


def load_template(text: str) -> Template:
    """Parse and check the outline; raises `CloudFormationError` with every problem at once."""
    if (size := len(text.encode())) > _MOST_BYTES:
        raise CloudFormationError(
            f"Template may not exceed {_MOST_BYTES} bytes in size, and has {size}"
        )
    try:
        body = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _Loader)
    except (ValueError, yaml.YAMLError) as error:
        raise CloudFormationError(f"Template format error: {error}") from error
    except RecursionError as error:
        raise CloudFormationError("Template format error: it is nested too deeply") from error
    if not isinstance(body, dict):
        raise CloudFormationError("Template format error: the template is not an object")
    problems = [
        f"section {name!r} is not emulated by the embedded AWS" for name in body.keys() - _SECTIONS
    ]
    for section, key in (("Parameters", "Type"), ("Outputs", "Value")):
        problems += [
            f"[/{section}/{name}] needs a {key}"
            for name, declaration in (body.get(section) or {}).items()
            if not isinstance(declaration, dict) or key not in declaration
        ]
    resources = body.get("Resources")
    if not isinstance(resources, dict) or not resources:
        problems.append("At least one Resources member must be defined.")
    else:
        problems += _resource_problems(resources)
    if problems:
        raise CloudFormationError("Template format error: " + "; ".join(sorted(problems)))
    return Template(text, body)


def _resource_problems(resources: dict[str, Any]) -> list[str]:
    problems: list[str] = []
    if len(resources) > _MOST_RESOURCES:
        problems.append(
            f"Number of resources, {len(resources)}, is greater than maximum allowed,"
            f" {_MOST_RESOURCES}"
        )
    for name, declaration in resources.items():
        if not isinstance(declaration, dict) or not isinstance(declaration.get("Type"), str):
            problems.append(f"[/Resources/{name}] needs a Type")
            continue
        if not isinstance(declaration.get("Properties", {}), dict):
            problems.append(f"[/Resources/{name}/Properties] must be an object")
        problems += [
            f"[/Resources/{name}/{key}] is not emulated by the embedded AWS"
            for key in declaration.keys() - _RESOURCE_KEYS
        ]
        if declaration.get("UpdatePolicy", _UPDATE_POLICY) != _UPDATE_POLICY:
            problems.append(
                f"[/Resources/{name}/UpdatePolicy] other than {_UPDATE_POLICY} is not emulated"
                " by the embedded AWS"
            )
    return problems


def fetch_template(url: str, region: str) -> str:
    """The text behind a TemplateURL, path style or virtual host style, read through S3."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    path = unquote(parts.path.lstrip("/"))
    virtual = _VIRTUAL_HOST.match(host)
    bucket, _, key = (
        (virtual["bucket"], "/", path)
        if virtual and not host.startswith(("s3.", "s3-"))
        else path.partition("/")
    )
    try:
        answer = clients.client("s3", region).get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise CloudFormationError(f"S3 error: {error} (TemplateURL {url})") from error
    text: str = answer["Body"].read().decode()
    return text


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: dates stay text, ``!Sub`` becomes ``Fn::Sub``."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _short_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)
