"""Instances of no Auto Scaling group, which join a cluster by themselves, as their agent does."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

# what user data writes into /etc/ecs/ecs.config
# docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html
_CLUSTER = re.compile(
    r"^[^#\n]*\bECS_CLUSTER=[\"']?(?:arn:[^/\s]+/)?([A-Za-z0-9_-]+)", re.MULTILINE
)
_GROUP = "aws:autoscaling:groupName"


def single_instances(ec2: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Running instances whose user data names a cluster, each after the cluster's name.

    One that names none stays out: whether its image has an agent, which would join ``default``,
    nobody knows here.
    """
    pages = ec2.get_paginator("describe_instances").paginate(
        Filters=[{"Name": "instance-state-name", "Values": ["running"]}]
    )
    for instance in pages.search("Reservations[].Instances[]"):
        if any(tag["Key"] == _GROUP for tag in instance.get("Tags", [])):
            continue
        match = _CLUSTER.search(_user_data(ec2, instance["InstanceId"]))
        if match is not None:
            yield match[1], instance


def _user_data(ec2: Any, instance: str) -> str:
    try:
        answer = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    except ClientError:
        # terminated between the two calls
        return ""
    text = answer.get("UserData", {}).get("Value") or ""
    return base64.b64decode(text).decode(errors="replace")
