"""Tasks and container instances, in the words of the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .simulator import Host, Task
from .simulator.host import AGENT_VERSION, RESERVED_PORTS
from .store import Cluster, Region
from .targets import address


def task_view(
    region: Region, cluster: Cluster, task: Task, include: Collection[str] = ()
) -> dict[str, Any]:
    """A task; an unplaced one has no container instance."""
    arn = task_arn(region, cluster, task)
    host = task.host
    details = task.details
    managed = host is not None and host.managed
    view: dict[str, Any] = {
        "taskArn": arn,
        "clusterArn": cluster.arn,
        "taskDefinitionArn": task.spec.arn,
        "group": task.group,
        "startedBy": task.deployment or details.get("startedBy"),
        "lastStatus": task.status,
        "desiredStatus": task.desired,
        "launchType": "MANAGED_INSTANCES" if managed else "EC2",
        "capacityProviderName": task.provider,
        "cpu": str(task.spec.cpu),
        "memory": str(task.spec.memory_mib),
        "overrides": details.get("overrides", {"containerOverrides": []}),
        "enableExecuteCommand": details.get("enableExecuteCommand", False),
        "createdAt": task.created,
        "startedAt": task.started,
        "stoppingAt": task.stopping,
        "stoppedAt": task.stopped,
        "stopCode": task.stop_code,
        "stoppedReason": task.stopped_reason,
        "containers": [
            _container_view(region, cluster, task, one) for one in _containers(region, task)
        ],
        "attachments": _attachments(task),
    }
    if host is not None:
        view["containerInstanceArn"] = instance_arn(region, cluster, host)
        view["availabilityZone"] = host.zone
    return {**view, "tags": region.tags_of(arn)} if "TAGS" in include else view


def _containers(region: Region, task: Task) -> list[Mapping[str, Any]]:
    body = region.task_definition(task.spec.arn).body
    found: list[Mapping[str, Any]] = body["containerDefinitions"]
    return found


def _container_view(
    region: Region, cluster: Cluster, task: Task, container: Mapping[str, Any]
) -> dict[str, Any]:
    name = container["name"]
    asks = [one["type"] for one in container.get("resourceRequirements", [])]
    devices = task.host.type.devices if task.host and "NeuronDevice" in asks else ()
    failed = task.stop_code == "TaskFailedToStart"
    return {
        "containerArn": region.arn(f"container/{cluster.name}/{task.id}/{name}"),
        "taskArn": task_arn(region, cluster, task),
        "name": name,
        "image": container["image"],
        "lastStatus": "PENDING" if task.status == "PROVISIONING" else task.status,
        "reason": task.stopped_reason if failed else None,
        "exitCode": 1 if failed else None,
        "healthStatus": "HEALTHY" if task.running and "healthCheck" in container else "UNKNOWN",
        "networkBindings": [
            {
                "bindIP": "0.0.0.0",
                "containerPort": bound.container_port,
                "hostPort": bound.host_port,
                "protocol": bound.protocol,
            }
            for bound in task.bindings
            if bound.container == name
        ],
        "neuronDeviceIds": [device.removeprefix("/dev/neuron") for device in devices],
    }


def _attachments(task: Task) -> list[dict[str, Any]]:
    if not task.spec.awsvpc or task.host is None:
        return []
    details = [{"name": "privateIPv4Address", "value": address(task)}]
    status = "DELETED" if task.status == "STOPPED" else "ATTACHED"
    return [
        {
            "id": task.id,
            "type": "ElasticNetworkInterface",
            "status": status,
            "details": details,
        }
    ]


def instance_view(
    region: Region, cluster: Cluster, host: Host, include: Collection[str] = ()
) -> dict[str, Any]:
    """A container instance with what it has and what is left of it."""
    arn = instance_arn(region, cluster, host)
    tasks = host.tasks.values()
    view = {
        "containerInstanceArn": arn,
        "ec2InstanceId": host.instance_id,
        "capacityProviderName": host.provider,
        "version": 1,
        "versionInfo": {"agentVersion": AGENT_VERSION},
        "status": "DRAINING" if host.draining else "ACTIVE",
        "agentConnected": True,
        "runningTasksCount": sum(task.status == "RUNNING" for task in tasks),
        "pendingTasksCount": 0,
        "registeredAt": host.registered,
        "registeredResources": _resources(host, host.cpu, host.type.memory_mib, used=False),
        "remainingResources": _resources(host, host.free_cpu, host.free_memory_mib, used=True),
        "attributes": [
            {"name": name, "value": value} for name, value in sorted(host.attributes.items())
        ],
    }
    return {**view, "tags": region.tags_of(arn)} if "TAGS" in include else view


def _resources(host: Host, cpu: int, memory: int, *, used: bool) -> list[dict[str, Any]]:
    ports = {"tcp": list(RESERVED_PORTS), "udp": []}
    for port, protocol in sorted(host.used_ports) if used else []:
        ports[protocol].append(port)
    found: list[dict[str, Any]] = [
        {"name": "CPU", "type": "INTEGER", "integerValue": cpu},
        {"name": "MEMORY", "type": "INTEGER", "integerValue": memory},
    ]
    for name, numbers in (("PORTS", ports["tcp"]), ("PORTS_UDP", ports["udp"])):
        texts = [str(number) for number in numbers]
        found.append({"name": name, "type": "STRINGSET", "stringSetValue": texts})
    if host.managed and host.type.devices:
        taken = used and any(task.spec.all_neuron_devices for task in host.tasks.values())
        left = [] if taken else [path.removeprefix("/dev/neuron") for path in host.type.devices]
        found.append({"name": "NEURON_DEVICES", "type": "STRINGSET", "stringSetValue": left})
    return found


def task_arn(region: Region, cluster: Cluster, task: Task) -> str:
    """The ARN of a task."""
    return region.arn(f"task/{cluster.name}/{task.id}")


def instance_arn(region: Region, cluster: Cluster, host: Host) -> str:
    """The ARN of a container instance."""
    return region.arn(f"container-instance/{cluster.name}/{host.id}")
