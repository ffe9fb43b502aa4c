"""A pool of like instances: Auto Scaling group, capacity provider, and a way to empty both."""

from __future__ import annotations

from aws_cdk import CfnResource, CustomResource
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct, IDependable

from accelerator_catalog import Ec2Instance
from inference_constructs.nag import acknowledge

from .instance_role import instance_role
from .launch_template import launch_template
from .pool_drain import PoolDrain
from .pool_props import CapacityPoolProps
from .provider_name import provider_name
from .region_check import region_problem


class CapacityPool(Construct):
    """Instances of one type that ECS starts and ends as tasks need them.

    Made by `EcsCluster.add_pool`. A changed image, volume or instance type holds for instances that
    start from then on: those that run are never replaced by a deployment, since their protection
    would stop it half-way.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: CapacityPoolProps,
        *,
        cluster: ecs.Cluster,
        drain: PoolDrain,
    ) -> None:
        super().__init__(scope, construct_id)
        problem = region_problem(self, props.instance)
        if problem is not None:
            raise ValueError(f"invalid CapacityPool {props.name}: {problem}")
        self.name = props.name
        self.props = props
        self.cluster = cluster
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=cluster.vpc,
            description="Container instances: HTTPS out, nothing in but from load balancers",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(
            ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to ECS, the registries and S3"
        )
        self.auto_scaling_group = self._group(props)
        self.capacity_provider = ecs.AsgCapacityProvider(
            self,
            "Provider",
            auto_scaling_group=self.auto_scaling_group,
            capacity_provider_name=provider_name(self, props.name),
            enable_managed_scaling=True,
            enable_managed_draining=True,
            enable_managed_termination_protection=True,
            target_capacity_percent=props.target_capacity_percent,
        )
        cluster.add_asg_capacity_provider(self.capacity_provider)
        self._drain: CustomResource = drain.add(
            self,
            "Drain",
            pool=props.name,
            cluster=cluster,
            group=self.auto_scaling_group,
            provider=self.capacity_provider,
        )

    @property
    def instance(self) -> Ec2Instance:
        """The pool's instance type."""
        return self.props.instance

    @property
    def subnet_type(self) -> ec2.SubnetType:
        """Where the hosts are."""
        return self.props.subnet_type

    @property
    def ready(self) -> IDependable:
        """What a service depends on, so that it goes before the pool does."""
        return self._drain

    @property
    def instance_type_constraint(self) -> ecs.PlacementConstraint:
        """Holds tasks to this pool's instances.

        The attribute's value is lower case, and ECS compares case: ``Inf1.xlarge`` matches nothing.
        """
        return ecs.PlacementConstraint.member_of(
            f"attribute:ecs.instance-type == {self.instance.name.lower()}"
        )

    def strategy(self) -> list[ecs.CapacityProviderStrategy]:
        """Everything on this pool."""
        return [
            ecs.CapacityProviderStrategy(
                capacity_provider=self.capacity_provider.capacity_provider_name, weight=1
            )
        ]

    def drain_after(self, association: CfnResource) -> None:
        """Let the pool be emptied before ``association`` takes it from its cluster."""
        self._drain.node.add_dependency(association)

    def _group(self, props: CapacityPoolProps) -> autoscaling.AutoScalingGroup:
        role = instance_role(
            self,
            "InstanceRole",
            cluster=self.cluster,
            description=f"Container instances of capacity pool {props.name}",
        )
        template = launch_template(
            self, "LaunchTemplate", props, role=role, security_group=self.security_group
        )
        spot = props.spot
        group = autoscaling.AutoScalingGroup(
            self,
            "Group",
            vpc=self.cluster.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=props.subnet_type),
            min_capacity=props.min_instances,
            max_capacity=props.max_instances,
            launch_template=template if spot is None else None,
            mixed_instances_policy=None
            if spot is None
            else autoscaling.MixedInstancesPolicy(
                launch_template=template,
                instances_distribution=autoscaling.InstancesDistribution(
                    on_demand_base_capacity=spot.on_demand_base,
                    on_demand_percentage_above_base_capacity=spot.on_demand_percent,
                    spot_allocation_strategy=(
                        autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED
                    ),
                ),
            ),
            capacity_rebalance=None if spot is None else True,
            new_instances_protected_from_scale_in=True,
        )
        acknowledge(
            group,
            {
                "AwsSolutions-AS3": "Auto Scaling sends every launch and termination to EventBridge"
                " as it is; a topic without a reader would add nothing."
            },
        )
        if spot is not None:
            acknowledge(
                group,
                {
                    "AwsSolutions-EC26": "The rule cannot read a mixed instances policy; the volume"
                    " of the launch template in it is encrypted."
                },
            )
        return group
