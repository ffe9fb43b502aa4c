"""What Batch asks of other services before it calls a compute environment valid."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from inferctl.localaws import clients


def problem_of(resources: Mapping[str, Any], region: str) -> str | None:
    """Why instances could not be launched with these settings, None if they could."""
    for look in _looks(resources, region):
        try:
            look()
        except ClientError as error:
            return f"CLIENT_ERROR - {error.response['Error']['Message']}"
    return None


def _looks(resources: Mapping[str, Any], region: str) -> Iterator[Callable[[], Any]]:
    ec2, iam = clients.client("ec2", region), clients.client("iam", region)
    yield lambda: ec2.describe_subnets(SubnetIds=resources["subnets"])
    if groups := resources.get("securityGroupIds"):
        yield lambda: ec2.describe_security_groups(GroupIds=groups)
    if profile := resources.get("instanceRole"):
        name = profile.rpartition("/")[2]
        yield lambda: iam.get_instance_profile(InstanceProfileName=name)
    for template in _templates(resources):
        yield lambda template=template: ec2.describe_launch_template_versions(**template)  # type: ignore[misc]


def _templates(resources: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    given = resources.get("launchTemplate", {})
    for one in (given, *given.get("overrides", [])):
        named = {
            key[0].upper() + key[1:]: one[key]
            for key in ("launchTemplateId", "launchTemplateName")
            if key in one
        }
        if named:
            yield {**named, "Versions": [one.get("version") or "$Default"]}
