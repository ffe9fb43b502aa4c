"""A service whose tasks own chips: a task definition and an ECS service for each slot."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from .load_balancer import Backend, ServiceLoadBalancer
from .load_balancer_alb import ApplicationServiceLoadBalancer
from .load_balancer_nlb import NetworkServiceLoadBalancer
from .load_balancer_props import LoadBalancerKind, LoadBalancerProps
from .managed_capacity import ManagedNeuronCapacity
from .neuron_pool import NeuronCapacityPool
from .packing import NetworkMode
from .service_props import NeuronServiceProps
from .service_rollout import deployment_configuration
from .service_scaling import ServiceScaling
from .service_scaling_props import ServiceMetric, ServiceScalingProps
from .task_definition_managed import ManagedTaskDefinition
from .task_definition_neuron import NeuronTaskDefinition, NeuronTaskDefinitionProps
from .task_network import TaskNetwork
from .task_resources import TaskLogs, TaskResources
from .workload import ContainerWorkload

_PLACEMENT_CONSTRAINTS = [ecs.CfnService.PlacementConstraintProperty(type="distinctInstance")]
# Zones first; within one, hosts that other slots are on already, so that none is started for less.
_PLACEMENT_STRATEGIES = [
    ecs.CfnService.PlacementStrategyProperty(
        type="spread", field="attribute:ecs.availability-zone"
    ),
    ecs.CfnService.PlacementStrategyProperty(type="binpack", field="memory"),
]


# Errors of a moment are no reason to go back.
_ALARM_MINUTES = 3


class NeuronService(Construct):
    """Claims its chips in the pool's ledger, so that no other service can own them.

    Every second slot is deployed after the others. On a full host a task goes before its successor
    comes; in two waves half of the chips go on serving meanwhile.

    CloudFormation deletes a service after its successor has come up. A change that gives chips of
    one ECS service to another (slots put together, a service renamed, chips moved to a neighbour)
    therefore needs spare hosts, or a deployment with ``min_instances`` 0 before it; with neither it
    waits for the chips until CloudFormation gives up and rolls back.
    """

    def __init__(self, scope: Construct, construct_id: str, props: NeuronServiceProps) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        workload = props.workload.container()
        self.service_name = props.service_name
        pool = self.pool = props.pool
        if isinstance(pool, NeuronCapacityPool):
            slots = props.slots
            pool.chips.claim(
                props.service_name,
                first_chip=slots[0].first_chip,
                chips=sum(slot.chip_count for slot in slots),
            )
        self.resources = TaskResources(
            self,
            "Tasks",
            image=workload.image.bind(self),
            model=workload.model,
            task_logs=TaskLogs(
                retention=props.cluster.log_retention,
                removal_policy=props.cluster.removal_policy,
            ),
        )
        self._network = (
            TaskNetwork(self, "Network", vpc=props.cluster.vpc, subnet_type=pool.subnet_type)
            if props.resolved_network_mode is NetworkMode.AWSVPC
            else None
        )
        self.load_balancer = (
            None
            if props.load_balancer is None
            else self._add_load_balancer(props.load_balancer, workload)
        )
        self.task_definitions = self._add_task_definitions(workload)
        self.services: Sequence[ecs.CfnService] = [
            self._add_service(definition, workload) for definition in self.task_definitions
        ]
        for first in self.services[0::2]:
            for second in self.services[1::2]:
                second.node.add_dependency(first)
        if props.scaling is not None:
            self._scale(props.scaling)

    @property
    def url(self) -> str | None:
        """Where clients reach the service; None without a load balancer."""
        return None if self.load_balancer is None else self.load_balancer.url

    @property
    def task_role(self) -> iam.IRole:
        """What the workload may do; grant it what it needs beside its model."""
        return self.resources.task_role

    @property
    def log_group(self) -> logs.ILogGroup:
        """Where the output of all slots goes, each under its own prefix."""
        return self.resources.log_group

    def _add_task_definitions(
        self, workload: ContainerWorkload
    ) -> Sequence[NeuronTaskDefinition | ManagedTaskDefinition]:
        pool = self._props.pool
        if isinstance(pool, ManagedNeuronCapacity):
            return [
                ManagedTaskDefinition(
                    self,
                    "ManagedTask",
                    instances=pool.instances,
                    workload=workload,
                    resources=self.resources,
                )
            ]
        return [
            NeuronTaskDefinition(
                self,
                f"{slot.name.capitalize()}Task",
                NeuronTaskDefinitionProps(
                    pool=pool,
                    slot=slot,
                    workload=workload,
                    network_mode=self._props.resolved_network_mode,
                    resources=self.resources,
                ),
            )
            for slot in self._props.slots
        ]

    def _add_service(
        self,
        definition: NeuronTaskDefinition | ManagedTaskDefinition,
        workload: ContainerWorkload,
    ) -> ecs.CfnService:
        props = self._props
        percents = props.resolved_deployment
        balancer, health = self.load_balancer, workload.health
        owned = isinstance(definition, NeuronTaskDefinition)
        name = definition.slot.name if isinstance(definition, NeuronTaskDefinition) else "managed"
        service = ecs.CfnService(
            self,
            f"{name.capitalize()}Service",
            cluster=props.cluster.cluster.cluster_arn,
            task_definition=definition.task_definition_arn,
            # With scaling, a deployment keeps the count that scaling has set.
            desired_count=None if props.scaling is not None else props.desired_range[0],
            capacity_provider_strategy=[
                ecs.CfnService.CapacityProviderStrategyItemProperty(
                    capacity_provider=item.capacity_provider, base=item.base, weight=item.weight
                )
                for item in props.pool.strategy()
            ],
            placement_constraints=_PLACEMENT_CONSTRAINTS if owned else None,
            placement_strategies=_PLACEMENT_STRATEGIES if owned else None,
            deployment_configuration=deployment_configuration(
                percents, props.update, self._alarms()
            ),
            # ECS moves a task by starting its successor first, which 100 percent forbids.
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
            availability_zone_rebalancing="ENABLED" if percents.maximum > 100 else "DISABLED",
            load_balancers=None if balancer is None else balancer.targets,
            health_check_grace_period_seconds=(
                None if balancer is None or health is None else health.grace_seconds
            ),
            network_configuration=None if self._network is None else self._network.configuration,
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            enable_execute_command=False,
        )
        service.node.add_dependency(*self.resources.permissions)
        if owned:
            # Managed instances have no group to outlive their services.
            service.node.add_dependency(props.pool.ready)
        if balancer is not None:
            service.node.add_dependency(*balancer.listening)
        return service

    def _add_load_balancer(
        self, props: LoadBalancerProps, workload: ContainerWorkload
    ) -> ServiceLoadBalancer:
        cluster = self._props.cluster
        backend = Backend(
            vpc=cluster.vpc,
            security_group=(self._network or self._props.pool).security_group,
            ports=props.published(workload.ports),
            network_mode=self._props.resolved_network_mode,
            drain=Duration.seconds(workload.stop_timeout_seconds),
            two_sets=self._props.update is not None,
        )
        kind = (
            ApplicationServiceLoadBalancer
            if props.kind is LoadBalancerKind.ALB
            else NetworkServiceLoadBalancer
        )
        return kind(
            self,
            "LoadBalancer",
            props,
            backend=backend,
            removal_policy=cluster.removal_policy,
        )

    def _alarms(self) -> list[cloudwatch.Alarm]:
        """What rolls an update back besides tasks that do not start; none for a rolling one."""
        update, balancer = self._props.update, self.load_balancer
        if update is None or not isinstance(balancer, ApplicationServiceLoadBalancer):
            return []
        return [
            cloudwatch.Alarm(
                self,
                "Errors",
                alarm_description=f"Rolls an update back: more than {update.errors_percent} % of"
                f" the requests to {self.service_name} are answered with a 5xx status",
                metric=balancer.error_percent(),
                threshold=update.errors_percent,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                evaluation_periods=_ALARM_MINUTES,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
        ]

    def _scale(self, props: ServiceScalingProps) -> None:
        ServiceScaling(
            self,
            "Scaling",
            props,
            cluster_name=self._props.cluster.cluster.cluster_name,
            service_name=self.service_name,
            services=self.services,
            request_label=self.load_balancer.request_label(props.port)
            if isinstance(self.load_balancer, ApplicationServiceLoadBalancer)
            and props.metric is ServiceMetric.REQUESTS
            else None,
        )
