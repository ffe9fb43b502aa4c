"""The core metrics daemon: NeuronCore utilisation of every service, from every host."""

from __future__ import annotations

import jsii
from aws_cdk import IStableStringProducer, Lazy, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from accelerator_catalog import NeuronInstance
from fleet_packing import ChipLedger
from fleet_packing.core_metrics import (
    CLUSTER_VARIABLE,
    NAMESPACE,
    OWNERS_VARIABLE,
    POOL_VARIABLE,
    REGION_VARIABLE,
    owners_value,
)
from inference_constructs.nag import acknowledge

from .daemon import DaemonHome

_READ, _WRITE = ecs.DevicePermission.READ, ecs.DevicePermission.WRITE
# Reservations stay within the host's DAEMON_BUDGET together with those of the problem detector.
_CPU_UNITS = 64
_MEMORY_MIB = (128, 256)


def core_metrics_daemon(
    home: DaemonHome,
    *,
    pool: str,
    chips: ChipLedger,
    instance: NeuronInstance,
    image: ecs.ContainerImage,
) -> ecs.Ec2Service:
    """The daemon maps every device of the host and yet owns no core: a core belongs to the process
    that loads a model on it, and the monitor loads none."""
    task_definition = ecs.Ec2TaskDefinition(
        home.scope,
        "Task",
        network_mode=ecs.NetworkMode.BRIDGE,
        task_role=_task_role(home),
    )
    devices = ecs.LinuxParameters(home.scope, "Chips")
    devices.add_devices(
        *(
            # The driver serves whoever watches through a descriptor opened for writing, so that
            # reading alone is refused (github.com/aws-neuron/aws-neuron-driver, neuron_cdev.c);
            # making devices is not needed.
            ecs.Device(host_path=path, container_path=path, permissions=[_READ, _WRITE])
            for path in instance.devices
        )
    )
    task_definition.add_container(
        "core-metrics",
        image=image,
        environment={
            CLUSTER_VARIABLE: home.cluster.cluster_name,
            POOL_VARIABLE: pool,
            OWNERS_VARIABLE: Lazy.string(_Owners(chips, instance)),
            # Unlike Fargate, ECS on EC2 does not tell a task its region.
            REGION_VARIABLE: Stack.of(home.scope).region,
        },
        readonly_root_filesystem=True,
        linux_parameters=devices,
        logging=home.logging(),
        cpu=_CPU_UNITS,
        memory_reservation_mib=_MEMORY_MIB[0],
        memory_limit_mib=_MEMORY_MIB[1],
    )
    return home.run(task_definition)


@jsii.implements(IStableStringProducer)
class _Owners:
    """The ledger as the daemon reads it, written when the template is."""

    def __init__(self, chips: ChipLedger, instance: NeuronInstance) -> None:
        self._chips = chips
        self._instance = instance

    def produce(self) -> str:
        return owners_value(
            self._chips.owners, cores_per_chip=self._instance.logical_cores_per_chip
        )


def _task_role(home: DaemonHome) -> iam.Role:
    role = home.task_role("Lets the core metrics daemon publish NeuronCore utilisation")
    role.add_to_policy(
        iam.PolicyStatement(
            sid="PublishMetrics",
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
        )
    )
    acknowledge(
        role,
        {
            "AwsSolutions-IAM5[Resource::*]": "cloudwatch:PutMetricData accepts no resource; it is"
            " held to one namespace."
        },
    )
    return role
