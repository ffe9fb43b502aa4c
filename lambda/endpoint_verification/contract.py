"""What the stacks and the handlers of the verification agree on; imports nothing of ours."""

from typing import Final, TypedDict

RESOURCE_TYPE: Final = "Custom::EndpointVerification"
ON_EVENT: Final = "endpoint_verification.handler.on_event"
IS_COMPLETE: Final = "endpoint_verification.handler.is_complete"

SERVICE_RESOURCE_TYPE: Final = "Custom::ServiceVerification"
SERVICE_ON_EVENT: Final = "endpoint_verification.service_handler.on_event"
SERVICE_IS_COMPLETE: Final = "endpoint_verification.service_handler.is_complete"

PACKAGES: Final = ("endpoint_verification", "golden_answers", "model_artifacts", "cfn_resource")
"""Packages of ``lambda/`` that the handlers' asset must hold."""

SOURCE_ACTIONS: Final = ("s3:GetObject",)
"""On the source bucket: goldens and their pack."""
READ_ACTIONS: Final = ("s3:GetObject",)
"""On ``<artifact bucket>/<prefix>*``: index, progress, and whether an older archive is there."""
WRITE_ACTIONS: Final = ("s3:PutObject",)
"""On the index and on ``<artifact bucket>/<prefix>verification/*``. Both need decrypt and
generate-data-key on the bucket's key."""
INVOKE_ACTIONS: Final = ("sagemaker:InvokeEndpoint",)
"""On the endpoint."""
STACK_ACTIONS: Final = ("cloudformation:DescribeStacks",)
"""On the resource's own stack: what rolls back is not verified."""


class VerificationProperties(TypedDict):
    """Properties of `RESOURCE_TYPE`; CloudFormation delivers every value as a string."""

    ServiceToken: str
    EndpointName: str
    Serving: str
    """Digest of what a model's answer depends on beside its archive: image, host, variables."""
    ArtifactBucket: str
    Prefix: str
    SourceBucket: str
    GoldensKey: str
    GoldensDigest: str
    """SHA-256 of the goldens' bytes, 64 hexadecimal digits."""
    GoldenPackKey: str
    ParallelCalls: str
    TimeoutMinutes: str


class ServiceVerificationProperties(TypedDict):
    """Properties of `SERVICE_RESOURCE_TYPE`."""

    ServiceToken: str
    Services: str
    """JSON: name of a service to `ServicePlace`."""
    SourceBucket: str
    GoldensKey: str
    GoldensDigest: str
    GoldenPackKey: str
    TimeoutMinutes: str


class ServicePlace(TypedDict):
    """Where a service answers."""

    url: str
    """``http://`` or ``https://``, host and port, without a path."""
    revision: str
    """ARN of the task definition: another one is verified anew."""


class VerificationAttributes(TypedDict):
    """What ``Fn::GetAtt`` can read of both; numbers written as strings."""

    VerifiedCount: str
    """Models or services whose golden answer is known to come."""
    AskedCount: str
    """Those of them that were asked this time."""
