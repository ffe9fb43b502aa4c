"""A synthesized cluster as tests look at it, and pools to put into one."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from constructs import IConstruct

from accelerator_catalog import EC2_INSTANCES, ecs_ami_for
from inference_constructs import CapacityPoolProps, EcsCluster, ManagedNeuronCapacity

PINNED_AMI = "ami-0123456789abcdef0"


def pool_props(instance: str, **changed: Any) -> CapacityPoolProps:
    """Props of a pool that is named after the family of its instance type."""
    row = EC2_INSTANCES[instance]
    values: dict[str, Any] = {
        "name": row.family,
        "instance": row,
        "ami": ecs_ami_for(row),
        "max_instances": 4,
    }
    return CapacityPoolProps(**(values | changed))


@dataclass(frozen=True)
class Fleet:
    """A cluster, its daemons, and the template that they became."""

    directory: Path
    region: str
    stack: cdk.Stack
    cluster: EcsCluster
    services: dict[str, ecs.Ec2Service]
    managed: ManagedNeuronCapacity | None
    template: dict[str, Any]

    def resource(self, construct: IConstruct) -> dict[str, Any]:
        """The resource that ``construct`` is."""
        candidates = (construct.node.default_child, construct, *construct.node.children)
        element = next(one for one in candidates if isinstance(one, cdk.CfnElement))
        logical_id = self.stack.resolve(element.logical_id)
        return dict(deepcopy(self.template["Resources"][logical_id]))

    def properties(self, construct: IConstruct) -> dict[str, Any]:
        """The properties of the resource that ``construct`` is."""
        return dict(self.resource(construct)["Properties"])

    def of_type(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """Every resource of one type, by logical id."""
        return {
            name: resource
            for name, resource in self.template["Resources"].items()
            if resource["Type"] == resource_type
        }

    def launch_data(self, pool: str) -> dict[str, Any]:
        """What the launch template of ``pool`` says."""
        template = self.cluster.pools[pool].node.find_child("LaunchTemplate")
        return dict(self.properties(template)["LaunchTemplateData"])

    def statements(self, role: IConstruct) -> dict[str, dict[str, Any]]:
        """What ``role`` may do, by statement id."""
        policy = self.properties(role.node.find_child("DefaultPolicy"))
        return {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"] if "Sid" in one}
