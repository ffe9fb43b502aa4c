"""The ECS container instance with the accelerator, which both servers run on."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from inference_constructs.ecs.instance_role import instance_role

from .accelerator import Accelerator
from .instance import PrivateInstanceProps, private_instance
from .machine_image import image_id
from .sessions import allow_sessions

_JOIN = "#!/bin/bash\necho ECS_CLUSTER={} >> /etc/ecs/ecs.config\n"


class ContainerHost(Construct):
    """It joins ``cluster`` by itself when it boots, and has no other capacity beside it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        accelerator: Accelerator,
        cluster: ecs.Cluster,
        subnet: ec2.ISubnet,
        image: str | None,
        root_volume_gib: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=cluster.vpc,
            description="Model servers: HTTPS out, the client in",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(
            ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to ECS, the registries, S3 and the APIs"
        )
        self.role: iam.Role = instance_role(
            self, "Role", cluster=cluster, description="Container instance of the model servers"
        )
        self.instance = private_instance(
            self,
            "Instance",
            PrivateInstanceProps(
                name=self.node.path,
                instance_type=accelerator.instance.name,
                image_id=image_id(self, "Image", image or accelerator.ami.parameter),
                subnet=subnet,
                security_group=self.security_group,
                role=self.role,
                policies=[allow_sessions(self, "Sessions", self.role)],
                user_data=_JOIN.format(cluster.cluster_name),
                root_volume_gib=root_volume_gib,
                metadata_hop_limit=accelerator.metadata_hop_limit,
                attachments=accelerator.attachments,
            ),
        )

    @property
    def address(self) -> str:
        """Where the servers are, inside the VPC."""
        return self.instance.attr_private_ip
