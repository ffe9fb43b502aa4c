"""The interfaces of tasks that have their own."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct


class TaskNetwork(Construct):
    """A security group for the tasks of one service, in the subnets of their hosts."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        subnet_type: ec2.SubnetType,
    ) -> None:
        super().__init__(scope, construct_id)
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Tasks: HTTPS out, the load balancer in",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(
            # S3's gateway endpoint has S3's public addresses.
            ec2.Peer.any_ipv4(),
            ec2.Port.tcp(443),
            "HTTPS to S3 and other APIs",
        )
        self.configuration = ecs.CfnService.NetworkConfigurationProperty(
            awsvpc_configuration=ecs.CfnService.AwsVpcConfigurationProperty(
                assign_public_ip="DISABLED",
                subnets=vpc.select_subnets(subnet_type=subnet_type).subnet_ids,
                security_groups=[self.security_group.security_group_id],
            )
        )
