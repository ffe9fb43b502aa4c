"""An EC2 instance that nobody reaches from outside: no key, no public address, IMDSv2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from inference_constructs.nag import acknowledge

# Of every Amazon Linux AMI, the ECS-optimized and the Deep Learning ones among them.
_ROOT_DEVICE = "/dev/xvda"


@dataclass(frozen=True, kw_only=True)
class PrivateInstanceProps:
    """``policies``: all that the instance must have from its first minute to its last."""

    name: str
    instance_type: str
    image_id: str
    subnet: ec2.ISubnet
    security_group: ec2.ISecurityGroup
    role: iam.Role
    policies: Sequence[iam.Policy]
    user_data: str
    root_volume_gib: int
    metadata_hop_limit: int = 1
    attachments: Sequence[ec2.CfnInstance.ElasticInferenceAcceleratorProperty] = ()


def private_instance(
    scope: Construct, construct_id: str, props: PrivateInstanceProps
) -> ec2.CfnInstance:
    """The instance itself and not a launch template, which knows no accelerators any longer."""
    profile = iam.CfnInstanceProfile(scope, f"{construct_id}Profile", roles=[props.role.role_name])
    instance = ec2.CfnInstance(
        scope,
        construct_id,
        instance_type=props.instance_type,
        image_id=props.image_id,
        subnet_id=props.subnet.subnet_id,
        security_group_ids=[props.security_group.security_group_id],
        iam_instance_profile=profile.ref,
        user_data=Fn.base64(props.user_data),
        elastic_inference_accelerators=[*props.attachments] or None,
        metadata_options=ec2.CfnInstance.MetadataOptionsProperty(
            http_tokens="required",
            http_put_response_hop_limit=props.metadata_hop_limit,
        ),
        block_device_mappings=[
            ec2.CfnInstance.BlockDeviceMappingProperty(
                device_name=_ROOT_DEVICE,
                ebs=ec2.CfnInstance.EbsProperty(
                    encrypted=True,
                    volume_type="gp3",
                    volume_size=props.root_volume_gib,
                    delete_on_termination=True,
                ),
            )
        ],
        ebs_optimized=True,
        monitoring=True,
        tags=[{"key": "Name", "value": props.name}],
    )
    instance.node.add_dependency(props.role, *props.policies)
    acknowledge(
        instance,
        {
            "AwsSolutions-EC29": "The instance holds nothing that is not shipped or rebuilt, and"
            " the stack that measures must be able to delete it again."
        },
    )
    return instance
