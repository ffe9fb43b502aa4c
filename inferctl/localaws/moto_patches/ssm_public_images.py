"""moto's public parameters of machine images cannot all be launched from.

Values that are JSON on AWS are Python's text of a dictionary, some name an image that EC2 does not
have, and the Deep Learning AMIs and whole regions (China, GovCloud) have none. Every one of them
here is JSON or names an image that exists in the region.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from .patch import Patch

_ECS = "/aws/service/ecs/optimized-ami"
_ELSEWHERE = "us-east-1"
# awsdocs-neuron.readthedocs-hosted.com/en/latest/dlami/index.html and
# docs.aws.amazon.com/dlami/latest/devguide/find-dlami-id.html
_DEEP_LEARNING = {
    "/aws/service/neuron/dlami/base/amazon-linux-2023/latest/image_id": "neuron-base-al2023",
    "/aws/service/neuron/dlami/base/ubuntu-22.04/latest/image_id": "neuron-base-ubuntu-22.04",
    "/aws/service/neuron/dlami/multi-framework/amazon-linux-2023/latest/image_id": (
        "neuron-multi-framework-al2023"
    ),
    "/aws/service/neuron/dlami/multi-framework/ubuntu-22.04/latest/image_id": (
        "neuron-multi-framework-ubuntu-22.04"
    ),
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-amazon-linux-2023"
    "/latest/ami-id": "deep-learning-base-gpu-al2023",
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04"
    "/latest/ami-id": "deep-learning-base-gpu-ubuntu-22.04",
}
_PREFIXES = ("/aws/service/neuron", "/aws/service/deeplearning")


def _check_loading_status(original: Any) -> Callable[[Any, str], None]:
    def check_loading_status(self: Any, key: str) -> None:
        text = str(key or "")
        first = text.startswith(_ECS) and not self.latest_ecs_amis_loaded
        original(self, key)
        if first:
            _complete_ecs(self)
        if text.startswith(_PREFIXES):
            _add_deep_learning(self)

    return check_loading_status


def _complete_ecs(parameters: Any) -> None:
    """Parameters for a region without any, JSON for repr, and an image behind each id."""
    if not any(name.startswith(_ECS) for name in parameters):
        parameters._load_tree_parameters(f"ecs/optimized_amis/{_ELSEWHERE}.json")
    for name in [name for name in parameters if name.startswith(_ECS)]:
        for parameter in dict.__getitem__(parameters, name):
            if isinstance(parameter.value, dict):
                document = parameter.value
                _require_image(parameters, document["image_id"], document["image_name"])
                parameter.value = json.dumps(document)


def _add_deep_learning(parameters: Any) -> None:
    from moto.core.utils import utcnow
    from moto.ssm.models import Parameter

    for name, image_name in _DEEP_LEARNING.items():
        if dict.__contains__(parameters, name):
            continue
        digest = hashlib.sha256(f"{parameters.region_name} {name}".encode()).hexdigest()
        image = f"ami-{digest[:17]}"
        _require_image(parameters, image, image_name)
        make: Any = Parameter
        parameter = make(
            account_id=parameters.account_id,
            name=name,
            value=image,
            parameter_type="String",
            description=None,
            allowed_pattern=None,
            keyid=None,
            last_modified_date=utcnow(),
            version=1,
            data_type="aws:ec2:image",
        )
        dict.__setitem__(parameters, name, [parameter])


def _require_image(parameters: Any, image: str, name: str) -> None:
    from moto.ec2.models import ec2_backends
    from moto.ec2.models.amis import Ami

    backend = ec2_backends[parameters.account_id][parameters.region_name]
    if image not in backend.amis:
        backend.amis[image] = Ami(
            backend,
            image,
            name=name,
            description=name,
            owner_alias="amazon",
            public=True,
            virtualization_type="hvm",
            architecture="arm64" if "arm64" in name else "x86_64",
            hypervisor="xen",
            root_device_type="ebs",
            root_device_name="/dev/xvda",
        )


PATCHES = (
    Patch("ssm", "moto.ssm.models:ParameterDict", "_check_loading_status", _check_loading_status),
)
