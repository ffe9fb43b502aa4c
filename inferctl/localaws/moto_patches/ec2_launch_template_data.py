"""moto changes what a launch template was made of.

It appends the template's own tags to the tags of what is launched, keeps the user data of a second
version as text that breaks the launch, and forgets tags that the template gets later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch


def _create_version(original: Any) -> Callable[..., Any]:
    def create_version(self: Any, data: dict[str, Any], description: str) -> Any:
        from moto.ec2.utils import parse_user_data

        kept = {name: value for name, value in data.items() if value is not None}
        if isinstance(kept.get("UserData"), (str, bytes)):
            kept["UserData"] = parse_user_data(kept["UserData"])
        if "TagSpecifications" in kept:
            # a launch-template is not among the types that a launch tags:
            # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateTagSpecificationRequest.html
            kept["TagSpecifications"] = [
                item
                for item in kept["TagSpecifications"]
                if item["ResourceType"] != "launch-template"
            ]
            if not kept["TagSpecifications"]:
                del kept["TagSpecifications"]
        return original(self, kept, description)

    return create_version


def _tags(_original: Any) -> property:
    def tags(self: Any) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.get_tags()
        return found

    return property(tags, lambda _self, _tags: None)


_TEMPLATE = "moto.ec2.models.launch_templates:LaunchTemplate"
PATCHES = (
    Patch("ec2", _TEMPLATE, "create_version", _create_version),
    Patch("ec2", _TEMPLATE, "tags", _tags),
)
