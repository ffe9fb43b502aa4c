"""What runs on a platform's ECS cluster, as ECS and CloudFormation tell it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from inferctl.endpoint_client import InvocationError
from inferctl.task_definitions import DefinitionView, ranges, read_definition
from stacks.platform.cluster.plans import pascal_case

# standard mode repeats what was throttled or lost on the way, never what was refused
_CONFIG = Config(
    connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5}
)
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
_SERVICES_PER_CALL = 10
# the end of a logical ID: which of a service's slots, and the CDK's hash
_SLOT = re.compile(r"Service(Slot\d+|Managed)Service[0-9A-F]{8}")


@dataclass(frozen=True, kw_only=True)
class ClusterStack:
    """What the stack ``<platform>-cluster`` made; ``services`` are logical IDs by service ARN."""

    cluster: str
    outputs: Mapping[str, str]
    services: Mapping[str, str]

    def named(self, kind: str, name: str) -> str | None:
        """The output ``<kind><Name>`` of the platform file's ``name``, such as ``ServiceUrl``."""
        return self.outputs.get(f"{kind}{pascal_case(name)}")

    def names(self, kind: str) -> list[str]:
        """The names that have an output of this kind, as the platform file spells them."""
        keys = (key.removeprefix(kind) for key in self.outputs if key.startswith(kind))
        return sorted(re.sub(r"(?<=.)(?=[A-Z])", "-", key).lower() for key in keys)


@dataclass(frozen=True, kw_only=True)
class ServiceView:
    """A service of the platform, over all of its slots."""

    service: str
    pool: str
    instance_types: tuple[str, ...]
    running: int
    desired: int
    chips: str
    url: str | None


def ecs_client(*, region: str | None, url: str | None) -> Any:
    """A client of ECS on AWS, or on the embedded AWS (``url``)."""
    return _client("ecs", region, url)


def read_cluster(platform: str, *, region: str, url: str | None) -> ClusterStack | None:
    """The platform's cluster, or None where it has none.

    Raises `InvocationError` when CloudFormation cannot be asked.
    """
    name = f"{platform}-cluster"
    cloudformation = _client("cloudformation", region, url)
    try:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        services = {
            resource.get("PhysicalResourceId", ""): resource["LogicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == "AWS::ECS::Service"
        }
    except (ClientError, BotoCoreError) as error:
        if "does not exist" in str(error):
            return None
        raise InvocationError(str(error)) from error
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
    if "ClusterName" not in outputs:
        raise InvocationError(f"stack {name} has no output ClusterName; deploy it again")
    return ClusterStack(cluster=outputs["ClusterName"], outputs=outputs, services=services)


def read_services(
    client: Any, cluster: ClusterStack, *, pools: Mapping[str, str]
) -> list[ServiceView]:
    """Every service but the daemons; ``pools`` has the pool of each service of the platform file.

    A service with chip slots is one ECS service for each slot, all in one row here. Raises
    `InvocationError` when ECS refuses.
    """
    slots: dict[str, list[tuple[dict[str, Any], DefinitionView]]] = {}
    try:
        for service in _described(client, cluster):
            if service.get("schedulingStrategy") == "DAEMON":
                continue
            answer = client.describe_task_definition(taskDefinition=service["taskDefinition"])
            name = _name(cluster.services[service["serviceArn"]], pools)
            definition = read_definition(answer["taskDefinition"])
            slots.setdefault(name, []).append((service, definition))
    except (ClientError, BotoCoreError) as error:
        raise InvocationError(str(error)) from error
    return [_row(name, slots[name], cluster, pools) for name in sorted(slots)]


def _name(logical_id: str, pools: Mapping[str, str]) -> str:
    """The platform file's name of a service, or its logical ID where the file has none of it."""
    construct_id = _SLOT.sub("", logical_id)
    known = (name for name in pools if pascal_case(name) == construct_id)
    return next(known, construct_id)


def _row(
    name: str,
    slots: Sequence[tuple[dict[str, Any], DefinitionView]],
    cluster: ClusterStack,
    pools: Mapping[str, str],
) -> ServiceView:
    definitions = [definition for _, definition in slots]
    providers = [
        strategy["capacityProvider"]
        for service, _ in slots
        for strategy in service.get("capacityProviderStrategy", [])
    ]
    chips = ranges(chip for definition in definitions for chip in definition.chips)
    return ServiceView(
        service=name,
        pool=pools.get(name) or ", ".join(dict.fromkeys(providers)),
        instance_types=tuple(
            dict.fromkeys(one for definition in definitions for one in definition.instance_types)
        ),
        running=sum(service["runningCount"] for service, _ in slots),
        desired=sum(service["desiredCount"] for service, _ in slots),
        chips="all" if any(definition.all_devices for definition in definitions) else chips,
        url=cluster.named("ServiceUrl", name),
    )


def _described(client: Any, cluster: ClusterStack) -> Iterator[dict[str, Any]]:
    arns = list(cluster.services)
    for start in range(0, len(arns), _SERVICES_PER_CALL):
        batch = arns[start : start + _SERVICES_PER_CALL]
        answer = client.describe_services(cluster=cluster.cluster, services=batch)
        yield from answer["services"]


def _client(service: str, region: str | None, url: str | None) -> Any:
    keys: dict[str, Any] = {}
    if url is not None:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    # the stubs know services by literal names, and here the name is a variable
    session: Any = boto3.session.Session()
    return session.client(service, region_name=region, endpoint_url=url, config=_CONFIG, **keys)
