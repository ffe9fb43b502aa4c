"""Clusters as our constructs synthesize them, and what the simulator makes of their templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk

from accelerator_catalog import NEURON_INSTANCES, NeuronInstance
from fleet_packing import LOCK_PORT_BASE
from inferctl.localaws.cloudformation.resources.fit import fit
from inferctl.localaws.ecs.definitions import check, task_spec
from inferctl.localaws.ecs.protocol import service_model
from inferctl.localaws.ecs.service_checks import check_daemon, check_emulated, check_rebalancing
from inferctl.localaws.ecs.simulator import TaskSpec
from inferctl.localaws.ecs.validation import validate
from inference_constructs.ecs.cluster import EcsCluster, EcsClusterProps
from inference_constructs.ecs.neuron_pool import NeuronCapacityPool
from inference_constructs.ecs.one_off_task import NeuronTask, NeuronTaskProps
from inference_constructs.ecs.packing import NetworkMode, Packing
from inference_constructs.ecs.service import NeuronService
from inference_constructs.ecs.service_props import NeuronServiceProps
from tests.constructs.inference_constructs.ecs_service.support import (
    any_container,
    new_app,
    pool_in,
    vpc_of,
)

LAYOUTS = 10
_REGION = "us-east-1"
_SIZES = sorted(name for name, one in NEURON_INSTANCES.items() if _REGION in one.regions)


@dataclass(frozen=True, kw_only=True)
class Pool:
    """``provider`` is the capacity provider's logical ID."""

    provider: str
    instance: NeuronInstance
    maximum: int


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A task definition; ``service`` are the arguments of CreateService, None for one-off tasks."""

    name: str
    spec: TaskSpec
    pool: Pool
    service: dict[str, Any] | None
    daemon: bool

    @property
    def unlocked(self) -> TaskSpec:
        """The same without the ports that stand for chips."""
        locks = range(LOCK_PORT_BASE, LOCK_PORT_BASE + self.pool.instance.chips)
        ports = tuple(one for one in self.spec.ports if one.host_port not in locks)
        return replace(self.spec, ports=ports)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What one stack holds; its services and one-off tasks together own all chips of each pool."""

    pools: tuple[Pool, ...]
    definitions: tuple[Definition, ...]
    daemons: tuple[Definition, ...]


@cache
def layouts() -> tuple[Layout, ...]:
    """Random layouts, the same in every run, out of one synthesis."""
    with TemporaryDirectory() as folder:
        app = new_app(Path(folder))
        stacks = [_stack(app, number) for number in range(LAYOUTS)]
        assembly = app.synth()
        templates = [assembly.get_stack_by_name(one.stack_name).template for one in stacks]
    return tuple(_layout(template) for template in templates)


def _stack(app: cdk.App, number: int) -> cdk.Stack:
    draw = Random(number)
    stack = cdk.Stack(app, f"Layout{number}", env=cdk.Environment(region=_REGION))
    cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc_of(stack)))
    for size in draw.sample(_SIZES, 3):
        pool = pool_in(cluster, size, max_instances=draw.randint(1, 4))
        if draw.random() < 0.5:
            pool.add_problem_detector(recover=True)
        _fill(stack, cluster, pool, draw)
    return stack


def _fill(stack: cdk.Stack, cluster: EcsCluster, pool: NeuronCapacityPool, draw: Random) -> None:
    """Two services and a one-off task, of which a pool with few chips has less."""
    chips = pool.instance.chips
    cuts = sorted({0, draw.randint(0, chips), draw.randint(1, chips), chips})
    for index, (first, end) in enumerate(pairwise(cuts)):
        name = f"{pool.name}-{index}"
        if index == 2 or (index == 1 and draw.random() < 0.3):
            task = NeuronTaskProps(
                task_name=name,
                pool=pool,
                workload=any_container(health=None),
                chips_per_task=end - first,
                first_chip=first,
            )
            NeuronTask(stack, f"{name}-task", task)
            continue
        whole = end - first == chips
        divisors = [count for count in range(1, end - first + 1) if (end - first) % count == 0]
        cut: dict[str, Any] = {
            "first_chip": first,
            "chips": end - first,
            "chips_per_task": draw.choice(divisors),
        }
        if whole and draw.random() < 0.5:
            cut = {"packing": Packing.WHOLE_INSTANCE, "network_mode": NetworkMode.HOST}
        props = NeuronServiceProps(
            service_name=name,
            cluster=cluster,
            pool=pool,
            workload=any_container(),
            min_instances=draw.randint(0, pool.props.max_instances),
            **cut,
        )
        NeuronService(stack, f"{name}-service", props)


def _layout(template: dict[str, Any]) -> Layout:
    resources: dict[str, Any] = template["Resources"]
    pools = {
        name: _pool(name, body, resources) for name, body in _of_type(resources, "CapacityProvider")
    }
    services = dict(_service(body) for _, body in _of_type(resources, "Service"))
    definitions = [
        _definition(name, body, services.get(name), pools)
        for name, body in _of_type(resources, "TaskDefinition")
    ]
    return Layout(
        pools=tuple(pools.values()),
        definitions=tuple(one for one in definitions if not one.daemon),
        daemons=tuple(one for one in definitions if one.daemon),
    )


def _of_type(resources: dict[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Properties by logical ID, references as the logical ID that they name."""
    for name, resource in resources.items():
        if resource["Type"] == f"AWS::ECS::{kind}":
            yield name, _resolved(resource["Properties"])


def _resolved(value: Any) -> Any:
    if isinstance(value, list):
        return [_resolved(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"}:
        return value["Ref"]
    if value.keys() & {"Fn::GetAtt", "Fn::Join", "Fn::Sub"}:
        return str(value)
    return {key: _resolved(item) for key, item in value.items()}


def _pool(name: str, body: dict[str, Any], resources: dict[str, Any]) -> Pool:
    group = resources[body["AutoScalingGroupProvider"]["AutoScalingGroupArn"]]["Properties"]
    template = resources[group["LaunchTemplate"]["LaunchTemplateId"]["Ref"]]["Properties"]
    size = template["LaunchTemplateData"]["InstanceType"]
    return Pool(provider=name, instance=NEURON_INSTANCES[size], maximum=int(group["MaxSize"]))


def _service(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The task definition, and the arguments of CreateService."""
    settings = {key: value for key, value in body.items() if key != "PlacementStrategies"}
    settings["PlacementStrategy"] = body.get("PlacementStrategies", [])
    arguments = _arguments(settings, "CreateService", serviceName="s")
    check_emulated(arguments)
    check_daemon(arguments)
    check_rebalancing(arguments)
    return body["TaskDefinition"], arguments


def _definition(
    name: str, body: dict[str, Any], service: dict[str, Any] | None, pools: dict[str, Pool]
) -> Definition:
    arguments = _arguments(body, "RegisterTaskDefinition", family=name)
    check(arguments)
    spec = task_spec(name, arguments)
    daemon = service is not None and service.get("schedulingStrategy") == "DAEMON"
    constraints = [*spec.expressions, *(service or {}).get("placementConstraints", [])]
    return Definition(
        name=name,
        spec=spec,
        pool=next(
            pool for pool in pools.values() if f"== {pool.instance.name}" in str(constraints)
        ),
        service=service,
        daemon=daemon,
    )


def _arguments(properties: dict[str, Any], operation: str, **more: Any) -> dict[str, Any]:
    """Properties as the engine sends them, and as ECS takes them."""
    shape = service_model().operation_model(operation).input_shape
    assert shape is not None
    given = {key: value for key, value in properties.items() if key != "Tags"}
    arguments: dict[str, Any] = {**fit(given, shape, operation), **more}
    validate(arguments, shape)
    return arguments
