"""Lambda: functions, permissions, versions and aliases."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from inferctl.localaws.cloudformation.errors import NotEmulatedError
from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, changed_names, keep, names, without
from .fit import call
from .table import change_tags, tag_map

_CONFIGURATION = names(
    "DeadLetterConfig Description Environment EphemeralStorage FileSystemConfigs Handler"
    " KmsKeyArn Layers LoggingConfig MemorySize Role Runtime Timeout TracingConfig VpcConfig"
)
_CREATE_ONLY = names("FunctionName PackageType")
_CODE = names("S3Bucket S3Key S3ObjectVersion ZipFile")


def _code(request: Request) -> dict[str, Any]:
    code = dict(request.properties["Code"])
    unknown = sorted(code.keys() - _CODE)
    if unknown:
        raise NotEmulatedError(f"property {request.type}.Code.{unknown[0]}")
    if "ZipFile" in code:
        # a template holds the source text of a module named index
        suffix = "py" if request.properties["Runtime"].startswith("python") else "js"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr(f"index.{suffix}", code["ZipFile"])
        code["ZipFile"] = archive.getvalue()
    return code


def _tag_function(
    request: Request, arn: str, added: list[dict[str, str]], removed: list[str]
) -> None:
    client = request.client("lambda")
    if removed:
        client.untag_resource(Resource=arn, TagKeys=removed)
    if added:
        client.tag_resource(Resource=arn, Tags=tag_map(added))


def _set_concurrency(request: Request, function: str) -> None:
    reserved = request.properties.get("ReservedConcurrentExecutions")
    client = request.client("lambda")
    if reserved is None:
        client.delete_function_concurrency(FunctionName=function)
    else:
        client.put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=int(reserved)
        )


def _create_function(request: Request) -> Made:
    arguments = without(request.properties, "Code", "Tags", "ReservedConcurrentExecutions")
    arguments.setdefault("FunctionName", request.name(64))
    function = call(request, "lambda", "create_function", arguments, Code=_code(request))
    name, arn = function["FunctionName"], function["FunctionArn"]
    request.announce(name)
    if "ReservedConcurrentExecutions" in request.properties:
        _set_concurrency(request, name)
    change_tags(_tag_function, request, arn, {})
    return Made(name, {"Arn": arn})


def _update_function(request: Request, live: LiveResource) -> Made:
    name = live.physical_id
    changed = changed_names(live.properties, request.properties)
    if changed & {"Code", "Architectures"}:
        architectures = request.properties.get("Architectures", ["x86_64"])
        request.client("lambda").update_function_code(
            FunctionName=name, Architectures=architectures, **_code(request)
        )
    settings = {key: request.properties[key] for key in _CONFIGURATION & request.properties.keys()}
    if changed & _CONFIGURATION:
        for cleared, empty in _EMPTY.items():
            if cleared in changed:
                settings.setdefault(cleared, empty)
        call(request, "lambda", "update_function_configuration", settings, FunctionName=name)
    if "ReservedConcurrentExecutions" in changed:
        _set_concurrency(request, name)
    change_tags(_tag_function, request, live.attributes["Arn"], live.properties)
    return Made(name, live.attributes)


# what UpdateFunctionConfiguration needs to take a property back to its default:
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_EMPTY: dict[str, Any] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "FileSystemConfigs": [],
    "KmsKeyArn": "",
    "Layers": [],
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}


def _delete_function(request: Request, live: LiveResource) -> None:
    request.client("lambda").delete_function(FunctionName=live.physical_id)


def _create_permission(request: Request) -> Made:
    statement = request.name(100)
    call(request, "lambda", "add_permission", request.properties, StatementId=statement)
    return Made(statement, {"Id": statement})


def _delete_permission(request: Request, live: LiveResource) -> None:
    request.client("lambda").remove_permission(
        FunctionName=live.properties["FunctionName"], StatementId=live.physical_id
    )


def _create_version(request: Request) -> Made:
    answer = call(request, "lambda", "publish_version", request.properties)
    return Made(
        answer["FunctionArn"],
        {"FunctionArn": answer["FunctionArn"], "Version": answer["Version"]},
    )


def _create_alias(request: Request) -> Made:
    arn = call(request, "lambda", "create_alias", request.properties)["AliasArn"]
    return Made(arn, {"AliasArn": arn})


def _update_alias(request: Request, live: LiveResource) -> Made:
    call(request, "lambda", "update_alias", request.properties)
    return Made(live.physical_id, live.attributes)


def _delete_alias(request: Request, live: LiveResource) -> None:
    request.client("lambda").delete_alias(
        FunctionName=live.properties["FunctionName"], Name=live.properties["Name"]
    )


TYPES: dict[str, ResourceType] = {
    "AWS::Lambda::Function": ResourceType(
        _create_function,
        _delete_function,
        _CONFIGURATION
        | _CREATE_ONLY
        | names("Architectures Code ReservedConcurrentExecutions Tags"),
        update=_update_function,
        replace_on=_CREATE_ONLY,
    ),
    "AWS::Lambda::Permission": ResourceType(
        _create_permission,
        _delete_permission,
        names("Action EventSourceToken FunctionName Principal PrincipalOrgID SourceAccount")
        | names("SourceArn"),
    ),
    "AWS::Lambda::Version": ResourceType(
        # a version lives and dies with its function
        _create_version,
        keep,
        names("CodeSha256 Description FunctionName"),
    ),
    "AWS::Lambda::Alias": ResourceType(
        _create_alias,
        _delete_alias,
        names("Description FunctionName FunctionVersion Name"),
        update=_update_alias,
        replace_on=names("FunctionName Name"),
    ),
}
