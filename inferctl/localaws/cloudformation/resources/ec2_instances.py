"""EC2: single instances."""

from __future__ import annotations

import base64
from typing import Any

from inferctl.localaws.cloudformation.errors import NotEmulatedError
from inferctl.localaws.cloudformation.model import LiveResource
from inferctl.localaws.cloudformation.values import as_bool

from .base import Made, Request, ResourceType, changed_names, names
from .ec2_network import tag
from .fit import call
from .table import change_tags

_LAUNCH = names(
    "BlockDeviceMappings EbsOptimized ElasticInferenceAccelerators ImageId"
    " InstanceInitiatedShutdownBehavior KeyName LaunchTemplate MetadataOptions"
    " NetworkInterfaces PrivateIpAddress SubnetId"
)
_APART = names("AvailabilityZone IamInstanceProfile Monitoring")
_IN_PLACE = names(
    "DisableApiTermination InstanceType SecurityGroupIds SourceDestCheck Tags UserData"
)
# in place they need a stop and a start
_STOPPED = names("InstanceType UserData")
_LASTING = names("InstanceType SecurityGroupIds")


def _create(request: Request) -> Made:
    properties = request.properties
    arguments = {name: value for name, value in properties.items() if name in _LAUNCH}
    for name in ("InstanceType", "SecurityGroupIds"):
        if name in properties:
            arguments[name] = properties[name]
    if "UserData" in properties:
        # the SDK encodes what it is given
        arguments["UserData"] = _user_data(properties)
    if "IamInstanceProfile" in properties:
        arguments["IamInstanceProfile"] = {"Name": properties["IamInstanceProfile"]}
    if "Monitoring" in properties:
        arguments["Monitoring"] = {"Enabled": properties["Monitoring"]}
    if "AvailabilityZone" in properties:
        arguments["Placement"] = {"AvailabilityZone": properties["AvailabilityZone"]}
    if "NetworkInterfaces" in properties:
        arguments["NetworkInterfaces"] = [
            {"Groups" if name == "GroupSet" else name: value for name, value in one.items()}
            for one in properties["NetworkInterfaces"]
        ]
    if "Tags" in properties:
        specification = {"ResourceType": "instance", "Tags": properties["Tags"]}
        arguments["TagSpecifications"] = [specification]
    answer = call(request, "ec2", "run_instances", arguments, MinCount=1, MaxCount=1)
    instance_id = answer["Instances"][0]["InstanceId"]
    request.announce(instance_id)
    _set_flags(request, instance_id, set(properties))
    return _made(request, instance_id)


def _user_data(properties: dict[str, Any]) -> str:
    return base64.b64decode(properties["UserData"]).decode()


def _made(request: Request, instance_id: str) -> Made:
    found = request.client("ec2").describe_instances(InstanceIds=[instance_id])
    instance = found["Reservations"][0]["Instances"][0]
    return Made(
        instance_id,
        {
            "InstanceId": instance_id,
            "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
            "PrivateDnsName": instance.get("PrivateDnsName", ""),
            "PrivateIp": instance.get("PrivateIpAddress", ""),
            "PublicDnsName": instance.get("PublicDnsName", ""),
            "PublicIp": instance.get("PublicIpAddress", ""),
            "VpcId": instance.get("VpcId", ""),
        },
    )


def _set_flags(request: Request, instance_id: str, changed: set[str]) -> None:
    for name, default in (("DisableApiTermination", False), ("SourceDestCheck", True)):
        if name in changed:
            value = {"Value": as_bool(request.properties.get(name, default))}
            request.client("ec2").modify_instance_attribute(InstanceId=instance_id, **{name: value})


def _update(request: Request, live: LiveResource) -> Made:
    client, instance_id, properties = request.client("ec2"), live.physical_id, request.properties
    changed = changed_names(live.properties, properties)
    if gone := sorted((changed & _LASTING) - properties.keys()):
        raise NotEmulatedError(f"taking property {request.type}.{gone[0]} out")
    _set_flags(request, instance_id, changed)
    if "SecurityGroupIds" in changed:
        client.modify_instance_attribute(
            InstanceId=instance_id, Groups=properties["SecurityGroupIds"]
        )
    if changed & _STOPPED:
        client.stop_instances(InstanceIds=[instance_id])
        if "InstanceType" in changed:
            client.modify_instance_attribute(
                InstanceId=instance_id, InstanceType={"Value": properties["InstanceType"]}
            )
        if "UserData" in changed:
            client.modify_instance_attribute(
                InstanceId=instance_id,
                Attribute="userData",
                Value=properties.get("UserData", ""),
            )
        client.start_instances(InstanceIds=[instance_id])
    change_tags(tag, request, instance_id, live.properties)
    return _made(request, instance_id)


def _delete(request: Request, live: LiveResource) -> None:
    request.client("ec2").terminate_instances(InstanceIds=[live.physical_id])


TYPES: dict[str, ResourceType] = {
    "AWS::EC2::Instance": ResourceType(
        _create,
        _delete,
        _LAUNCH | _APART | _IN_PLACE,
        update=_update,
        replace_on=_LAUNCH | _APART,
    ),
}
