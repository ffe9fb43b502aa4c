"""The cluster stack."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from inference_constructs import ServiceVerification
from inference_constructs.ecs import (
    CapacityPool,
    EcsCluster,
    ManagedNeuronCapacity,
    NeuronCapacityPool,
    NeuronService,
    NeuronTask,
    OrdinaryTaskDefinition,
)

from .cluster_props import (
    cluster_props,
    managed_props,
    neuron_task_props,
    ordinary_task_props,
    pool_props,
    service_props,
)
from .config import Platform
from .construct_props import SUBNETS, removal_policy
from .daemon_images import acknowledge_pull, core_metrics_image, daemon_image
from .platform.cluster.plans import ClusterPlan, PoolPlan, ServicePlan, TaskPlan, pascal_case
from .published_fleet import PublishedFleet
from .service_verification_props import service_golden_sources, verified_service


class ClusterStack(cdk.Stack):
    """An ECS cluster: capacity pools, services that own chips of them, and one-off tasks."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: Platform,
        env: cdk.Environment,
        plan: ClusterPlan,
        vpc: ec2.IVpc,
        fleet: PublishedFleet | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            description=f"ECS cluster of the inference platform {platform.name}",
            tags={"inference-platform": platform.name},
        )
        self._plan = plan
        self._fleet = fleet
        detector = plan.section.problem_detector
        self._detector_images = {
            key: daemon_image(self, key.capitalize(), uri)
            for key, uri in (
                ("detector", None if detector is None else detector.detector_image),
                ("recovery", None if detector is None else detector.recovery_image),
            )
        }
        self.cluster = EcsCluster(self, "Cluster", cluster_props(platform, plan.section, vpc=vpc))
        self.pools = {pool.name: self._add_pool(pool) for pool in plan.pools}
        self.services = {service.name: self._add_service(service) for service in plan.services}
        self.tasks = {task.name: self._add_task(task) for task in plan.tasks}
        self._verify(platform, vpc)
        for name, value in self._outputs().items():
            cdk.CfnOutput(self, name, value=value)

    def _add_pool(self, plan: PoolPlan) -> CapacityPool | ManagedNeuronCapacity:
        section = self._plan.section
        if plan.managed and plan.neuron is not None:
            props = managed_props(section, plan, plan.neuron, cluster=self.cluster)
            return ManagedNeuronCapacity(self, f"{pascal_case(plan.name)}Pool", props)
        pool = self.cluster.add_pool(pool_props(section, plan))
        if not isinstance(pool, NeuronCapacityPool):
            return pool
        detector = section.problem_detector
        if detector is not None:
            daemon = pool.add_problem_detector(
                detector.recover,
                detector_image=self._detector_images["detector"],
                recovery_image=self._detector_images["recovery"],
            )
            acknowledge_pull(daemon)
        if plan.section.core_metrics:
            acknowledge_pull(pool.add_core_metrics(core_metrics_image()))
        return pool

    def _add_service(self, plan: ServicePlan) -> NeuronService:
        pool = self.pools[plan.pool.name]
        assert isinstance(pool, (NeuronCapacityPool, ManagedNeuronCapacity))
        return NeuronService(
            self,
            f"{pascal_case(plan.name)}Service",
            service_props(
                self._plan.section, plan, cluster=self.cluster, pool=pool, fleet=self._fleet
            ),
        )

    def _add_task(self, plan: TaskPlan) -> NeuronTask | OrdinaryTaskDefinition:
        pool, construct_id = self.pools[plan.pool.name], f"{pascal_case(plan.name)}Task"
        if isinstance(pool, NeuronCapacityPool):
            props = neuron_task_props(plan, cluster=self.cluster, pool=pool, fleet=self._fleet)
            return NeuronTask(self, construct_id, props)
        assert isinstance(pool, CapacityPool)
        ordinary = ordinary_task_props(plan, cluster=self.cluster, pool=pool, fleet=self._fleet)
        return OrdinaryTaskDefinition(self, construct_id, ordinary)

    def _verify(self, platform: Platform, vpc: ec2.IVpc) -> None:
        verified = [each for each in self._plan.services if each.section.verification is not None]
        if not verified:
            return
        ServiceVerification(
            self,
            "Verification",
            vpc=vpc,
            subnets=ec2.SubnetSelection(subnet_type=SUBNETS[self._plan.section.subnets]),
            services={
                plan.name: verified_service(plan, self.services[plan.name]) for plan in verified
            },
            sources=service_golden_sources(platform, verified, stack=self),
            removal_policy=removal_policy(platform),
        )

    def _outputs(self) -> dict[str, str]:
        """What clients and ``inferctl run-task`` need."""
        outputs = {"ClusterName": self.cluster.cluster.cluster_name}
        for service in self._plan.services:
            url = self.services[service.name].url
            if url is not None:
                outputs[f"ServiceUrl{pascal_case(service.name)}"] = url
        for task in self._plan.tasks:
            name, pool = pascal_case(task.name), self.pools[task.pool.name]
            outputs[f"TaskDefinition{name}"] = self.tasks[task.name].task_definition_arn
            outputs[f"TaskCapacityProvider{name}"] = pool.capacity_provider.capacity_provider_name
        return outputs
