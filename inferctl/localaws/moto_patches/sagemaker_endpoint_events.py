"""moto's SageMaker sends no events to EventBridge.

Those of an endpoint that was made, updated or scaled, as they are documented in
docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from .patch import Patch


def _tell(original: Any) -> Callable[..., Any]:
    def changed(self: Any, endpoint_name: str, *more: Any, **named: Any) -> Any:
        answer = original(self, endpoint_name, *more, **named)
        tell_in_service(self, endpoint_name)
        return answer

    return changed


def tell_in_service(backend: Any, endpoint_name: str) -> None:
    """Send the event of an endpoint that is in service to every rule of the default bus."""
    from moto.events.models import events_backends

    rules = events_backends[backend.account_id][backend.region_name].event_buses["default"].rules
    endpoint = backend.endpoints[endpoint_name]
    detail = {
        "EndpointName": endpoint.endpoint_name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.endpoint_config_name,
        "ProductionVariants": endpoint.production_variants,
        "EndpointStatus": "IN_SERVICE",
        "CreationTime": endpoint.creation_time.timestamp() * 1000,
        "LastModifiedTime": endpoint.last_modified_time.timestamp() * 1000,
        "Tags": {tag["Key"]: tag["Value"] for tag in endpoint.tags},
    }
    event: Any = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "SageMaker Endpoint State Change",
        "source": "aws.sagemaker",
        "account": backend.account_id,
        "time": endpoint.last_modified_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": backend.region_name,
        "resources": [endpoint.arn],
        "detail": detail,
    }
    for rule in list(rules.values()):
        # moto's template of an event cannot hold the list of resources
        rule.send_to_targets(event, transform_input=False)


_BACKEND = "moto.sagemaker.models:SageMakerModelBackend"
PATCHES = (Patch("sagemaker", _BACKEND, "update_endpoint_weights_and_capacities", _tell),)
