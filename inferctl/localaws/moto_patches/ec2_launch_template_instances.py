"""moto launches from a template without most of it.

The instance profile, metadata options, monitoring, market, tags of volumes and the root volume's
size are left out, and ``resolve:ssm:`` stays in the image id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inferctl.localaws import clients

from .patch import Patch

_RESOLVE = "resolve:ssm:"


def _run_instances(original: Any) -> Callable[..., Any]:
    def run_instances(
        self: Any,
        image_id: str | None,
        count: int,
        user_data: Any,
        security_group_names: list[str],
        **options: Any,
    ) -> Any:
        launched_from = options.get("launch_template")
        data = self._get_template_from_args(launched_from).data if launched_from else {}
        image = _image(image_id or data.get("ImageId", ""), self.region_name)
        if launched_from:
            options = _filled(self, options, data, image)
        answer = original(self, image, count, user_data, security_group_names, **options)
        profile = data.get("IamInstanceProfile", {})
        given = options.get("iam_instance_profile_name") or options.get("iam_instance_profile_arn")
        if profile and not given:
            for instance in answer.instances:
                self.associate_iam_instance_profile(
                    instance_id=instance.id,
                    iam_instance_profile_name=profile.get("Name"),
                    iam_instance_profile_arn=profile.get("Arn"),
                )
        return answer

    return run_instances


def _image(image: str, region: str) -> str:
    """The AMI behind ``resolve:ssm:<parameter>``; any other id as it is."""
    if not image.startswith(_RESOLVE):
        return image
    name = image.removeprefix(_RESOLVE)
    value: str = clients.client("ssm", region).get_parameter(Name=name)["Parameter"]["Value"]
    return value


def _filled(
    backend: Any, options: dict[str, Any], data: dict[str, Any], image: str
) -> dict[str, Any]:
    """``options`` with what the request leaves to the template."""
    filled = dict(options)
    asked = options.get("metadata_options") or {}
    filled["metadata_options"] = {**data.get("MetadataOptions", {}), **asked}
    if data.get("Monitoring", {}).get("Enabled"):
        filled["monitoring_state"] = "enabled"
    market = data.get("InstanceMarketOptions", {}).get("MarketType")
    filled["instance_market_options"] = options.get("instance_market_options") or market
    tags = {name: dict(values) for name, values in (options.get("tags") or {}).items()}
    for item in data.get("TagSpecifications", []):
        of_template = {tag["Key"]: tag.get("Value", "") for tag in item.get("Tags", [])}
        tags[item["ResourceType"]] = {**of_template, **tags.get(item["ResourceType"], {})}
    filled["tags"] = tags
    if "block_device_mappings" not in options:
        filled["block_device_mappings"] = _devices(backend, data, image)
    return filled


def _devices(backend: Any, data: dict[str, Any], image: str) -> list[dict[str, Any]]:
    """The volumes of the template, and the image's root volume where they do not replace it."""
    found = backend.describe_images(filters={"image-id": image}) if image else []
    root = found[0].root_device_name if found else "/dev/sda1"
    devices = [
        {**device, "Ebs": dict(device["Ebs"])}
        for device in data.get("BlockDeviceMappings", [])
        if "Ebs" in device
    ]
    for device in devices:
        if device["DeviceName"] == root:
            # docs.aws.amazon.com/AWSEC2/latest/UserGuide/preserving-volumes-on-termination.html
            device["Ebs"].setdefault("DeleteOnTermination", True)
        if "SnapshotId" not in device["Ebs"]:
            device["Ebs"].setdefault("VolumeSize", 8)
    if all(device["DeviceName"] != root for device in devices):
        volume = {"VolumeSize": 8, "DeleteOnTermination": True}
        devices.insert(0, {"DeviceName": root, "Ebs": volume})
    return devices


PATCHES = (
    Patch("ec2", "moto.ec2.models.instances:InstanceBackend", "run_instances", _run_instances),
)
