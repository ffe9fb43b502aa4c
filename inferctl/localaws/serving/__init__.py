"""``InvokeEndpoint`` in front of a real tritonserver in SageMaker's multi-model mode."""

from .directory import EndpointDirectory, EndpointSpec, ObjectNotFound, ObjectStore
from .endpoint_serving import MAX_BODY_BYTES, EndpointServing
from .limits import Limits

__all__ = [
    "MAX_BODY_BYTES",
    "EndpointDirectory",
    "EndpointServing",
    "EndpointSpec",
    "Limits",
    "ObjectNotFound",
    "ObjectStore",
]
