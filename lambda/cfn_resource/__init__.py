"""What the handlers of all custom resources share: typed events, properties and messages."""

from cfn_resource.context import LambdaContext, log_location
from cfn_resource.errors import EventError, ResourceError
from cfn_resource.events import RequestType, ResourceEvent, parse_event
from cfn_resource.messages import MESSAGE_BYTES, one_line
from cfn_resource.properties import PropertyReader

__all__ = [
    "MESSAGE_BYTES",
    "EventError",
    "LambdaContext",
    "PropertyReader",
    "RequestType",
    "ResourceError",
    "ResourceEvent",
    "log_location",
    "one_line",
    "parse_event",
]
