"""A cluster on the embedded AWS, with Auto Scaling groups to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from inferctl.localaws.app import LocalAws
from inferctl.localaws.ecs.service import Ecs
from inferctl.localaws.ecs.store import Cluster

_NUMBERS = count(1)
# moto has it in every region of the us-east-1 kind
_AMI = "ami-12c6146b"


@dataclass
class World:
    """Short words for what the tests do to one cluster."""

    aws: LocalAws
    service: Ecs
    name: str
    groups: list[str] = field(default_factory=list)

    @property
    def ecs(self) -> Any:
        return self.aws.client("ecs")

    @property
    def cluster(self) -> Cluster:
        return self.service.cluster(self.name)

    def group(self, size: str, *, maximum: int = 3, **options: Any) -> str:
        """An Auto Scaling group of that size, empty unless ``DesiredCapacity`` says so."""
        name = f"group-{next(_NUMBERS)}"
        self.aws.client("ec2").create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData={"ImageId": _AMI, "InstanceType": size}
        )
        self.aws.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchTemplate={"LaunchTemplateName": name, "Version": "$Latest"},
            MaxSize=maximum,
            AvailabilityZones=["us-east-1a"],
            **{"MinSize": 0, **options},
        )
        self.groups.append(name)
        return name

    def provider(self, size: str, *, scaling: str = "ENABLED", **options: Any) -> str:
        """A capacity provider of a new group, in the cluster."""
        group = self.group(size, **options)
        self.ecs.create_capacity_provider(
            name=f"pool-{group}",
            autoScalingGroupProvider={
                "autoScalingGroupArn": group,
                "managedScaling": {"status": scaling},
            },
        )
        self.use(f"pool-{group}")
        return f"pool-{group}"

    def use(self, *providers: str) -> None:
        known = self.ecs.describe_clusters(clusters=[self.name])["clusters"][0]
        self.ecs.put_cluster_capacity_providers(
            cluster=self.name,
            capacityProviders=[*known["capacityProviders"], *providers],
            defaultCapacityProviderStrategy=[],
        )

    def size_of(self, provider: str) -> int:
        found = self.aws.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[provider.removeprefix("pool-")]
        )
        desired: int = found["AutoScalingGroups"][0]["DesiredCapacity"]
        return desired

    def define(self, family: str = "web", **container: Any) -> str:
        """The ARN of a new revision of one container."""
        task = container.pop("task", {})
        if "memory" not in container:
            container = {"memoryReservation": 256, **container}
        main = {"name": "main", "image": "i", **container}
        answer = self.ecs.register_task_definition(
            family=family, containerDefinitions=[main], **task
        )
        arn: str = answer["taskDefinition"]["taskDefinitionArn"]
        return arn

    def serve(self, definition: str, desired: int = 1, **settings: Any) -> dict[str, Any]:
        """Create a service and describe it."""
        name = settings.pop("serviceName", f"service-{next(_NUMBERS)}")
        if settings.get("schedulingStrategy") != "DAEMON":
            settings["desiredCount"] = desired
        self.ecs.create_service(
            cluster=self.name, serviceName=name, taskDefinition=definition, **settings
        )
        return self.describe(name)

    def update(self, name: str, **settings: Any) -> dict[str, Any]:
        """Update a service and describe it."""
        self.ecs.update_service(cluster=self.name, service=name, **settings)
        return self.describe(name)

    def describe(self, name: str) -> dict[str, Any]:
        found = self.ecs.describe_services(cluster=self.name, services=[name])["services"]
        described: dict[str, Any] = found[0]
        return described

    def tasks(self, **asked: Any) -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster=self.name, **asked)["taskArns"]
        if not arns:
            return []
        found: list[dict[str, Any]] = self.ecs.describe_tasks(cluster=self.name, tasks=arns)[
            "tasks"
        ]
        return found

    def close(self) -> None:
        ecs = self.ecs
        for arn in ecs.list_services(cluster=self.name, maxResults=100)["serviceArns"]:
            ecs.delete_service(cluster=self.name, service=arn, force=True)
        for task in ecs.list_tasks(cluster=self.name)["taskArns"]:
            ecs.stop_task(cluster=self.name, task=task)
        ecs.put_cluster_capacity_providers(
            cluster=self.name, capacityProviders=[], defaultCapacityProviderStrategy=[]
        )
        for provider in ecs.describe_capacity_providers()["capacityProviders"]:
            ecs.delete_capacity_provider(capacityProvider=provider["name"])
        for group in self.groups:
            self.aws.client("autoscaling").delete_auto_scaling_group(
                AutoScalingGroupName=group, ForceDelete=True
            )
        ecs.delete_cluster(cluster=self.name)


@pytest.fixture(scope="module")
def ecs_part() -> Ecs:
    return Ecs()


@pytest.fixture(scope="module")
def running(ecs_part: Ecs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws"), ecs=ecs_part) as aws:
        yield aws


@pytest.fixture
def world(running: LocalAws, ecs_part: Ecs) -> Iterator[World]:
    name = f"cluster-{next(_NUMBERS)}"
    running.client("ecs").create_cluster(clusterName=name)
    made = World(running, ecs_part, name)
    yield made
    made.close()


@pytest.fixture
def code(world: World) -> Callable[..., str]:
    """``code("delete_cluster", cluster="x")`` is the error code that ECS answers with."""

    def refused(action: str, **arguments: Any) -> str:
        with pytest.raises(world.ecs.exceptions.ClientError) as caught:
            getattr(world.ecs, action)(**arguments)
        answer: str = caught.value.response["Error"]["Code"]
        return answer

    return refused
