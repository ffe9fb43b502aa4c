"""A queue of AWS Batch over instances of one kind: Spot first, On-Demand behind it."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from .compile_props import CompileQueueProps
from .ecs.region_check import region_problem
from .role_dependency import depend_on_permissions

# The root device of every ECS-optimized Amazon Linux image:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-optimized_AMI.html
_ROOT_DEVICE = "/dev/xvda"
# A changed image or launch template waits that long for the jobs that run.
_UPDATE_TIMEOUT_MINUTES = 30


class CompileQueue(Construct):
    """Instances that start when a job waits and end when none does; nothing runs in between.

    Batch brings the host's image: Amazon Linux 2023, with NVIDIA's driver where there is a GPU.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: CompileQueueProps,
        *,
        vpc: ec2.IVpc,
        subnet_type: ec2.SubnetType,
        instance_role: iam.Role,
    ) -> None:
        super().__init__(scope, construct_id)
        problems = [
            problem
            for instance in props.instances
            if (problem := region_problem(self, instance)) is not None
        ]
        if problems:
            raise ValueError(f"invalid CompileQueue {props.name}: " + "; ".join(problems))
        self.props = props
        security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Compile hosts: HTTPS out, nothing in",
            allow_all_outbound=False,
        )
        security_group.add_egress_rule(
            ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to ECS, the registries and S3"
        )
        self._vpc = vpc
        self._subnets = ec2.SubnetSelection(subnet_type=subnet_type)
        self._security_group = security_group
        self._instance_role = instance_role
        self._template = self._launch_template()
        environments = [self._environment("OnDemand", spot=False)]
        if props.spot:
            environments.insert(0, self._environment("Spot", spot=True))
        self.queue = batch.JobQueue(
            self,
            "Queue",
            priority=1,
            compute_environments=[
                batch.OrderedComputeEnvironment(compute_environment=environment, order=order)
                for order, environment in enumerate(environments, start=1)
            ],
        )

    @property
    def arn(self) -> str:
        """ARN of the job queue."""
        return self.queue.job_queue_arn

    def _launch_template(self) -> ec2.LaunchTemplate:
        """Batch adds instance type, image, role, network and user data."""
        return ec2.LaunchTemplate(
            self,
            "LaunchTemplate",
            require_imdsv2=True,
            # jobs have a role of their own, by way of the agent, and no use for the instance's
            http_put_response_hop_limit=1,
            block_devices=[
                ec2.BlockDevice(
                    device_name=_ROOT_DEVICE,
                    volume=ec2.BlockDeviceVolume.ebs(
                        self.props.volume_gib,
                        encrypted=True,
                        volume_type=ec2.EbsDeviceVolumeType.GP3,
                        delete_on_termination=True,
                    ),
                )
            ],
        )

    def _environment(
        self, construct_id: str, *, spot: bool
    ) -> batch.ManagedEc2EcsComputeEnvironment:
        props = self.props
        environment = batch.ManagedEc2EcsComputeEnvironment(
            self,
            construct_id,
            vpc=self._vpc,
            vpc_subnets=self._subnets,
            security_groups=[self._security_group],
            instance_types=[ec2.InstanceType(instance.name) for instance in props.instances],
            # else the CDK adds "optimal", that is any M, C and R instance
            use_optimal_instance_classes=False,
            images=[
                batch.EcsMachineImage(
                    image_type=batch.EcsMachineImageType.ECS_AL2023_NVIDIA
                    if props.gpu
                    else batch.EcsMachineImageType.ECS_AL2023
                )
            ],
            launch_template=self._template,
            instance_role=self._instance_role,
            minv_cpus=0,
            maxv_cpus=props.max_vcpus,
            spot=spot,
            # both may be updated in place; BEST_FIT would be replaced, and needs a role for Spot
            allocation_strategy=batch.AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED
            if spot
            else batch.AllocationStrategy.BEST_FIT_PROGRESSIVE,
            replace_compute_environment=False,
            terminate_on_update=False,
            update_timeout=Duration.minutes(_UPDATE_TIMEOUT_MINUTES),
            update_to_latest_image_version=True,
        )
        resource = cast(batch.CfnComputeEnvironment, environment.node.default_child)
        # Without a version Batch takes the template's default one, which stays the first for ever.
        resource.add_property_override(
            "ComputeResources.LaunchTemplate.Version",
            self._template.latest_version_number,
        )
        depend_on_permissions(environment, self._instance_role)
        return environment
