"""What a deployed platform says of itself: stacks, resource counts, outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from inferctl.endpoint_client import EndpointClient, InvocationError

STACKS = ("network", "models", "endpoint", "cluster", "monitoring")


class NotDeployedError(Exception):
    """A stack that must be there is not; the message names it and the command that makes it."""


@dataclass(frozen=True)
class Deployment:
    """The stacks of one platform in one region; ``url`` is None on AWS."""

    platform: str
    region: str
    url: str | None
    resources: Mapping[str, int]
    outputs: Mapping[str, str]

    def client(self) -> EndpointClient:
        """The endpoint's client; raises `NotDeployedError` when the platform has no endpoint."""
        try:
            return EndpointClient(
                endpoint=self.outputs["EndpointName"],
                bucket=self.outputs["ArtifactBucket"],
                prefix=self.outputs["Prefix"],
                region=self.region,
                endpoint_url=self.url,
            )
        except KeyError as error:
            text = f"platform {self.platform} is deployed without the output {error}"
            raise NotDeployedError(f"{text}; run `make up`") from error


def stack_names(*, region: str, url: str | None = None) -> set[str]:
    """Every stack there is; raises `InvocationError` when CloudFormation cannot be asked."""
    try:
        pages = (
            aws_client("cloudformation", region=region, url=url)
            .get_paginator("describe_stacks")
            .paginate()
        )
        return {stack["StackName"] for page in pages for stack in page["Stacks"]}
    except (ClientError, BotoCoreError) as error:
        raise InvocationError(str(error)) from error


def read_deployment(platform: str, *, region: str, url: str | None = None) -> Deployment:
    """Read the stacks; raises `NotDeployedError` when none of them exists."""
    cloudformation = aws_client("cloudformation", region=region, url=url)
    resources: dict[str, int] = {}
    outputs: dict[str, str] = {}
    for name in (f"{platform}-{kind}" for kind in STACKS):
        try:
            stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
            pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
            resources[name] = sum(len(page["StackResourceSummaries"]) for page in pages)
        except (ClientError, BotoCoreError) as error:
            if "does not exist" in str(error):
                continue
            raise InvocationError(str(error)) from error
        outputs.update({o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])})
    if not resources:
        where = url or f"the account's {region}"
        raise NotDeployedError(f"platform {platform} has no stack in {where}; run `make up`")
    return Deployment(platform, region, url, resources, outputs)


def aws_client(service: Any, *, region: str, url: str | None, config: Config | None = None) -> Any:
    """A client of AWS, or of the embedded AWS (``url``)."""
    keys: dict[str, Any] = {}
    if url is not None:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    session = boto3.session.Session()
    return session.client(service, region_name=region, endpoint_url=url, config=config, **keys)
