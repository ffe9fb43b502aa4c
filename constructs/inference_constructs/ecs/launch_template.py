"""How the instances of a capacity pool start."""

from __future__ import annotations

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from .pool_props import CapacityPoolProps

# The root device of every ECS-optimized Amazon Linux AMI:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-optimized_AMI.html
_ROOT_DEVICE = "/dev/xvda"
_AGENT_FILE = "/etc/ecs/ecs.config"


def launch_template(
    scope: Construct,
    construct_id: str,
    props: CapacityPoolProps,
    *,
    role: iam.Role,
    security_group: ec2.ISecurityGroup,
) -> ec2.LaunchTemplate:
    """A launch template: IMDSv2 only, an encrypted root volume, one ECS-optimized image.

    The CDK adds ``ECS_CLUSTER`` to the user data, and would add rights to ``role``, which has all
    that the agent needs already. It makes the template depend on ``role``'s policy, so that the
    agent keeps its rights until the last instance is drained.
    """
    user_data = ec2.UserData.for_linux()
    user_data.add_commands(*(f"echo {line} >> {_AGENT_FILE}" for line in _agent_settings(props)))
    return ec2.LaunchTemplate(
        scope,
        construct_id,
        instance_type=ec2.InstanceType(props.instance.name),
        machine_image=_machine_image(props, user_data),
        user_data=user_data,
        role=role.without_policy_updates(),
        security_group=security_group,
        require_imdsv2=True,
        http_put_response_hop_limit=props.metadata_hop_limit,
        detailed_monitoring=True,
        ebs_optimized=True,
        block_devices=[
            ec2.BlockDevice(
                device_name=_ROOT_DEVICE,
                volume=ec2.BlockDeviceVolume.ebs(
                    props.root_volume_gib,
                    encrypted=True,
                    volume_type=ec2.EbsDeviceVolumeType.GP3,
                    delete_on_termination=True,
                ),
            )
        ],
    )


def _agent_settings(props: CapacityPoolProps) -> list[str]:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html"""
    settings = [
        # The hop limit does not hold for tasks with an interface of their own.
        "ECS_AWSVPC_BLOCK_IMDS=true",
        # Else a task on the host's network would fall back to the instance's role.
        "ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST=true",
    ]
    if props.spot is not None:
        settings.append("ECS_ENABLE_SPOT_INSTANCE_DRAINING=true")
    return settings


def _machine_image(props: CapacityPoolProps, user_data: ec2.UserData) -> ec2.IMachineImage:
    """The image without a look-up: CloudFormation resolves it, never the synthesis."""
    image = props.image if props.image is not None else props.ami.parameter
    if image.startswith("/"):
        name, colon, version = image.partition(":")
        if not colon:
            return ec2.MachineImage.from_ssm_parameter(name, user_data=user_data)
        # A template parameter takes no version:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
        image = f"{{{{resolve:ssm:{name}:{version}}}}}"
    return _FixedImage(image, user_data)


@jsii.implements(ec2.IMachineImage)
class _FixedImage:
    """An image id; the CDK's own class wants to know the region that it is for."""

    def __init__(self, image_id: str, user_data: ec2.UserData) -> None:
        self._image_id = image_id
        self._user_data = user_data

    def get_image(self, scope: IConstruct) -> ec2.MachineImageConfig:  # noqa: ARG002
        return ec2.MachineImageConfig(
            image_id=self._image_id,
            os_type=ec2.OperatingSystemType.LINUX,
            user_data=self._user_data,
        )
