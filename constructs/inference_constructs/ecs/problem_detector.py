"""The Neuron node problem detector: finds failed chips, and replaces their host by choice.

https://awsdocs-neuron.readthedocs-hosted.com/en/latest/deploy/ecs/npd.html
"""

from __future__ import annotations

import json

from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from inference_constructs.nag import acknowledge, wildcard_resource

from .daemon import DaemonHome

# aws-neuron/aws-neuron-samples, neuron-problem-detector/ecs-npd-cdk, at 56e1278
_DETECTOR_IMAGE = "registry.k8s.io/node-problem-detector/node-problem-detector:v0.8.20"
_RECOVERY_IMAGE = "public.ecr.aws/neuron/neuron-node-recovery:1.3.0"
METRICS_NAMESPACE = "NeuronHealthCheck"
"""CloudWatch namespace of the errors that were found."""
# What the driver writes into the kernel's log when a chip has failed for good.
_HARDWARE_ERRORS = (
    "SRAM_UNCORRECTABLE_ERROR",
    "NC_UNCORRECTABLE_ERROR",
    "HBM_UNCORRECTABLE_ERROR",
    "DMA_ERROR",
)
_CONFIG_FILE = "/config/kernel-monitor.json"
_READ, _WRITE = ecs.DevicePermission.READ, ecs.DevicePermission.WRITE
# Reservations stay within the host's DAEMON_BUDGET together with those of the core metrics.
_CPU_UNITS = 64
_DETECTOR_MIB = (64, 128)
_RECOVERY_MIB = (128, 256)


def problem_detector_daemon(
    home: DaemonHome,
    *,
    group: autoscaling.AutoScalingGroup,
    recover: bool,
    detector_image: ecs.ContainerImage | None,
    recovery_image: ecs.ContainerImage | None,
) -> ecs.Ec2Service:
    """Detector and recovery, two containers of one task that talk over the loopback address.

    They share the host's network: it takes no interface from the tasks, and it is the only mode in
    which the recovery still reaches the instance metadata that tells it which host it is on.
    """
    task_definition = ecs.Ec2TaskDefinition(
        home.scope,
        "Task",
        network_mode=ecs.NetworkMode.HOST,
        task_role=_task_role(home, group, recover=recover),
    )
    logging = home.logging()
    devices = ecs.LinuxParameters(home.scope, "KernelLog")
    devices.add_devices(
        ecs.Device(host_path="/dev/kmsg", container_path="/dev/kmsg", permissions=[_READ, _WRITE])
    )
    task_definition.add_container(
        "npd",
        image=detector_image or ecs.ContainerImage.from_registry(_DETECTOR_IMAGE),
        entry_point=["/bin/sh", "-c"],
        command=[
            f"echo '{json.dumps(_kernel_monitor())}' > {_CONFIG_FILE}"
            " && exec /node-problem-detector --v=2 --logtostderr --enable-k8s-exporter=false"
            f" --config.system-log-monitor={_CONFIG_FILE}"
        ],
        # The kernel gives its log to nobody less.
        privileged=True,
        linux_parameters=devices,
        logging=logging,
        cpu=_CPU_UNITS,
        memory_reservation_mib=_DETECTOR_MIB[0],
        memory_limit_mib=_DETECTOR_MIB[1],
    )
    task_definition.add_container(
        "recovery",
        image=recovery_image or ecs.ContainerImage.from_registry(_RECOVERY_IMAGE),
        entry_point=["/bin/sh", "-c"],
        command=["python scripts/check-health.py"],
        environment={"ENABLE_RECOVERY": "true" if recover else "false"},
        readonly_root_filesystem=True,
        logging=logging,
        cpu=_CPU_UNITS,
        memory_reservation_mib=_RECOVERY_MIB[0],
        memory_limit_mib=_RECOVERY_MIB[1],
    )
    return home.run(task_definition)


def _kernel_monitor() -> dict[str, object]:
    """The detector's rules: one condition, which any of the driver's error lines makes true."""
    condition = "NeuronHealth"
    return {
        "plugin": "kmsg",
        "logPath": "/dev/kmsg",
        "lookback": "5m",
        "bufferSize": 10,
        "source": "kernel-monitor",
        "conditions": [
            {
                "type": condition,
                "reason": "NeuronHasNoError",
                "message": "Neuron has no error",
            }
        ],
        "rules": [
            {
                "type": "permanent",
                "condition": condition,
                "reason": f"NeuronHasError_{error}",
                "pattern": f".*NEURON_HW_ERR={error}.*",
            }
            for error in _HARDWARE_ERRORS
        ],
    }


def _task_role(home: DaemonHome, group: autoscaling.AutoScalingGroup, *, recover: bool) -> iam.Role:
    """https://awsdocs-neuron.readthedocs-hosted.com/en/latest/containers/tutorials/k8s-neuron-problem-detector-and-recovery-irsa.html"""
    role = home.task_role("Lets the Neuron problem detector count errors and replace hosts")
    role.add_to_policy(
        iam.PolicyStatement(
            sid="FindOwnHost",
            actions=["autoscaling:DescribeAutoScalingInstances", "ec2:DescribeInstances"],
            resources=["*"],
        )
    )
    role.add_to_policy(
        iam.PolicyStatement(
            sid="PublishErrors",
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": METRICS_NAMESPACE}},
        )
    )
    reasons = {
        "AwsSolutions-IAM5[Resource::*]": "autoscaling:DescribeAutoScalingInstances,"
        " ec2:DescribeInstances and cloudwatch:PutMetricData accept no resource; the last is held"
        " to one namespace."
    }
    if recover:
        role.add_to_policy(
            iam.PolicyStatement(
                sid="ReplaceHost",
                actions=["autoscaling:SetInstanceHealth"],
                resources=[group.auto_scaling_group_arn],
            )
        )
        reasons[wildcard_resource(role, group.auto_scaling_group_arn)] = (
            "A group's ARN holds an id that CloudFormation does not tell; its name, which follows,"
            " is unique."
        )
    acknowledge(role, reasons)
    return role
