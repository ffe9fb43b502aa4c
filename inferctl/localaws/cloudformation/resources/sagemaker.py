"""SageMaker: models, endpoint configurations and endpoints."""

from __future__ import annotations

from typing import Any

from inferctl.localaws.cloudformation.errors import ResourceFailedError
from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, changed_names, names, without
from .fit import call
from .table import change_tags, table_type

_POLL = {"Delay": 1, "MaxAttempts": 3600}
_ENDPOINT_OPTIONS = names(
    "DeploymentConfig ExcludeRetainedVariantProperties RetainAllVariantProperties"
    " RetainDeploymentConfig"
)


def _tag(request: Request, arn: str, added: list[dict[str, str]], removed: list[str]) -> None:
    client = request.client("sagemaker")
    if removed:
        client.delete_tags(ResourceArn=arn, TagKeys=removed)
    if added:
        client.add_tags(ResourceArn=arn, Tags=added)


def _in_service(request: Request, name: str) -> None:
    """Wait until the endpoint serves; raises `ResourceFailedError` with its own reason."""
    client = request.client("sagemaker")
    endpoint = client.describe_endpoint(EndpointName=name)
    if endpoint["EndpointStatus"] in ("Creating", "Updating"):
        client.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=_POLL)
        endpoint = client.describe_endpoint(EndpointName=name)
    if endpoint["EndpointStatus"] != "InService":
        raise ResourceFailedError(
            f"endpoint {name} is {endpoint['EndpointStatus']}: {endpoint.get('FailureReason', '')}"
        )


def _is_at(request: Request, name: str) -> bool:
    endpoint = request.client("sagemaker").describe_endpoint(EndpointName=name)
    return bool(endpoint["EndpointConfigName"] == request.properties["EndpointConfigName"])


def _create_endpoint(request: Request) -> Made:
    name = request.properties.get("EndpointName") or request.name(63)
    arguments: dict[str, Any] = {
        key: request.properties[key]
        for key in ("DeploymentConfig", "EndpointConfigName")
        if key in request.properties
    }
    answer = call(request, "sagemaker", "create_endpoint", arguments, EndpointName=name)
    request.announce(name)
    change_tags(_tag, request, answer["EndpointArn"], {})
    _in_service(request, name)
    arn = answer["EndpointArn"]
    # Ref is the ARN: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
    # aws-resource-sagemaker-endpoint.html
    return Made(name, {"Ref": arn, "Arn": arn, "EndpointArn": arn, "EndpointName": name})


def _update_endpoint(request: Request, live: LiveResource) -> Made:
    # a rollback finds it where it is to go, if an alarm has taken it there already
    moves = not _is_at(request, live.physical_id)
    if moves and "EndpointConfigName" in changed_names(live.properties, request.properties):
        arguments = without(request.properties, "EndpointName", "Tags")
        arguments = {
            name: value
            for name, value in arguments.items()
            if name in _ENDPOINT_OPTIONS or name == "EndpointConfigName"
        }
        call(request, "sagemaker", "update_endpoint", arguments, EndpointName=live.physical_id)
        _in_service(request, live.physical_id)
        if not _is_at(request, live.physical_id):
            endpoint = request.client("sagemaker").describe_endpoint(EndpointName=live.physical_id)
            raise ResourceFailedError(endpoint.get("FailureReason", "the update was rolled back"))
    change_tags(_tag, request, live.attributes["Arn"], live.properties)
    return Made(live.physical_id, live.attributes)


def _delete_endpoint(request: Request, live: LiveResource) -> None:
    request.client("sagemaker").delete_endpoint(EndpointName=live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::SageMaker::Model": table_type(
        "sagemaker",
        "Containers EnableNetworkIsolation ExecutionRoleArn InferenceExecutionConfig ModelName"
        " PrimaryContainer Tags VpcConfig",
        create="create_model",
        delete="delete_model",
        id_argument="ModelName",
        id_path="input.ModelName",
        attributes={"ModelName": "input.ModelName", "Arn": "ModelArn"},
        named=("ModelName", 63),
    ),
    "AWS::SageMaker::EndpointConfig": table_type(
        "sagemaker",
        "AsyncInferenceConfig DataCaptureConfig EnableNetworkIsolation EndpointConfigName"
        " ExecutionRoleArn KmsKeyId ProductionVariants ShadowProductionVariants Tags VpcConfig",
        create="create_endpoint_config",
        delete="delete_endpoint_config",
        id_argument="EndpointConfigName",
        id_path="input.EndpointConfigName",
        attributes={
            "EndpointConfigName": "input.EndpointConfigName",
            "Arn": "EndpointConfigArn",
        },
        named=("EndpointConfigName", 63),
    ),
    "AWS::SageMaker::Endpoint": ResourceType(
        _create_endpoint,
        _delete_endpoint,
        _ENDPOINT_OPTIONS | names("EndpointConfigName EndpointName Tags"),
        update=_update_endpoint,
        replace_on=names("EndpointName"),
        waits=True,
    ),
}
