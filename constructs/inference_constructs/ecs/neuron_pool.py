"""A capacity pool of Inferentia or Trainium hosts, whose chips have owners."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from accelerator_catalog import NeuronInstance
from fleet_packing import ChipLedger

from .capacity_pool import CapacityPool
from .core_metrics import core_metrics_daemon
from .daemon import DaemonHome
from .pool_drain import PoolDrain
from .pool_props import CapacityPoolProps
from .problem_detector import problem_detector_daemon


class NeuronCapacityPool(CapacityPool):
    """ECS on EC2 does not schedule Neuron devices: ``chips`` says which service owns which.

    The daemons map devices too, to watch them, but own no NeuronCore and claim none.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: CapacityPoolProps,
        *,
        cluster: ecs.Cluster,
        drain: PoolDrain,
        log_retention: logs.RetentionDays,
        removal_policy: RemovalPolicy,
    ) -> None:
        if not isinstance(props.instance, NeuronInstance):
            raise ValueError(
                "instance must be a Neuron instance type, got"
                f" {props.instance.name!r} (did you mean a CapacityPool?)"
            )
        super().__init__(scope, construct_id, props, cluster=cluster, drain=drain)
        self._instance = props.instance
        self._log_retention = log_retention
        self._removal_policy = removal_policy
        self._publishes_core_metrics = False
        self.chips = ChipLedger(props.name, props.instance)

    @property
    def instance(self) -> NeuronInstance:
        """The pool's instance type."""
        return self._instance

    @property
    def publishes_core_metrics(self) -> bool:
        """Whether services can scale on the utilisation of their cores."""
        return self._publishes_core_metrics

    def add_problem_detector(
        self,
        recover: bool,
        *,
        detector_image: ecs.ContainerImage | None = None,
        recovery_image: ecs.ContainerImage | None = None,
    ) -> ecs.Ec2Service:
        """Watch the kernel's log of every host for failed chips, and count them.

        With ``recover`` a host with one is replaced, tasks and all. The images come from public
        registries unless mirrors are given, which China needs. Once for a pool.
        """
        return problem_detector_daemon(
            self._home("ProblemDetector"),
            group=self.auto_scaling_group,
            recover=recover,
            detector_image=detector_image,
            recovery_image=recovery_image,
        )

    def add_core_metrics(self, image: ecs.ContainerImage) -> ecs.Ec2Service:
        """Publish the utilisation of each service's NeuronCores from every host.

        ``image`` is built from ``container/neuron_metrics``. Owners are those that ``chips`` has at
        synthesis, so that services may be added later. Once for a pool.
        """
        daemon = core_metrics_daemon(
            self._home("CoreMetrics"),
            pool=self.name,
            chips=self.chips,
            instance=self.instance,
            image=image,
        )
        self._publishes_core_metrics = True
        return daemon

    def _home(self, construct_id: str) -> DaemonHome:
        return DaemonHome(
            scope=Construct(self, construct_id),
            cluster=self.cluster,
            constraint=self.instance_type_constraint,
            ready=self.ready,
            log_retention=self._log_retention,
            removal_policy=self._removal_policy,
        )
