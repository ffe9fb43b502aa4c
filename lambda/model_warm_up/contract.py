"""What the stack and the handlers of ``Custom::ModelWarmUp`` agree on; imports nothing of ours."""

from typing import Final, TypedDict

RESOURCE_TYPE: Final = "Custom::ModelWarmUp"
ON_EVENT: Final = "model_warm_up.handler.on_event"
IS_COMPLETE: Final = "model_warm_up.handler.is_complete"
ON_CHANGE: Final = "model_warm_up.handler.on_change"
"""What EventBridge calls, with `WarmUpProperties` for an event."""

PACKAGES: Final = ("model_warm_up", "cfn_resource", "model_artifacts")
"""Packages of ``lambda/`` that the handlers' asset must hold."""

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
ENDPOINT_ACTIONS: Final = ("sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint")
"""On the ARN of the endpoint."""
OBJECT_ACTIONS: Final = ("s3:GetObject",)
"""On the index of the artifacts and on the requests."""

MOST_MINUTES: Final = 10
"""How long a deployment waits for models to become warm, before it goes on without."""


class HotRequest(TypedDict):
    """A hot model and the JSON to call it with."""

    name: str
    body: str


class HotRequests(TypedDict):
    """The document of requests, written at synthesis."""

    models: list[HotRequest]


class WarmUpProperties(TypedDict):
    """Properties of ``Custom::ModelWarmUp``, also what EventBridge hands to the function."""

    EndpointName: str
    """Also the physical id."""
    ArtifactBucket: str
    Prefix: str
    """Where the index is, ending in a slash."""
    RequestsBucket: str
    RequestsKey: str


class Change(TypedDict):
    """Properties that only cause an update when they change."""

    EndpointConfigName: str
    """A new one is a new fleet."""
    Manifest: str
    """Digest of what the fleet publishes: another one is another archive to load."""


class WarmUpAttributes(TypedDict):
    """Attributes of the resource, as strings."""

    Warm: str
    """How many models answered every call."""
    Cold: str
    """The others, each with its last failure; empty where there are none."""
