"""Which changes of a service finish on a fleet: templates deployed as CloudFormation does it.

It updates and creates first, each resource after those that it depends on, and deletes last.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from inferctl.localaws.ecs.simulator import Fleet, ServiceState, TaskSpec, begin, settle
from inference_constructs.ecs.cluster import EcsCluster, EcsClusterProps
from inference_constructs.ecs.service import NeuronService
from inference_constructs.ecs.service_props import NeuronServiceProps
from tests.constructs.inference_constructs.ecs_service.support import (
    any_container,
    container_of,
    new_app,
    pool_in,
    vpc_of,
)
from tests.inferctl.localaws.ecs.fleets import DISTINCT, add_host, devices, service, spec

SIZE = "inf1.6xlarge"


def template_with(hosts: int, outdir: Path, **given: Any) -> dict[str, Any]:
    """A service on a pool of at most ``hosts`` hosts of four chips."""
    app = new_app(outdir)
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(region="us-east-1"))
    cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc_of(stack)))
    name = given.pop("service_name", "service")
    NeuronService(
        stack,
        name.capitalize(),
        NeuronServiceProps(
            service_name=name,
            cluster=cluster,
            pool=pool_in(cluster, SIZE, max_instances=hosts),
            workload=any_container(),
            **given,
        ),
    )
    template: dict[str, Any] = app.synth().get_stack_by_name("Stack").template
    return template


class Account:
    """Hosts that all run, and the services of one stack on them."""

    def __init__(self, hosts: int) -> None:
        self.fleet = Fleet()
        self.services: dict[str, ServiceState] = {}
        for _ in range(hosts):
            add_host(self.fleet, SIZE)

    def deploy(self, template: Mapping[str, Any]) -> bool:
        """Whether every service comes to rest; where one does not, all stays as it is then."""
        resources = template["Resources"]
        wanted = {
            name: resource
            for name, resource in resources.items()
            if resource["Type"] == "AWS::ECS::Service"
        }
        done: set[str] = set()
        while done < wanted.keys():
            wave = [
                name
                for name, resource in wanted.items()
                if name not in done and wanted.keys() & set(resource["DependsOn"]) <= done
            ]
            for name in wave:
                self._set(name, wanted[name]["Properties"], resources)
            self._settle()
            if any(self.services[name].primary.state != "COMPLETED" for name in wave):
                return False
            done.update(wave)
        for name in self.services.keys() - wanted.keys():
            self.services[name].desired = 0
            self._settle()
            del self.services[name]
        return True

    @property
    def owned(self) -> list[tuple[str, str]]:
        """Chips with an owner."""
        return [chip for chip, owners in self.fleet.chip_owners().items() if owners]

    def _set(self, name: str, properties: Mapping[str, Any], resources: Mapping[str, Any]) -> None:
        definition = _spec(resources[properties["TaskDefinition"]["Ref"]]["Properties"])
        deployment = properties["DeploymentConfiguration"]
        percents = {
            "minimumHealthyPercent": deployment["MinimumHealthyPercent"],
            "maximumPercent": deployment["MaximumPercent"],
        }
        state = self.services.get(name)
        if state is None:
            self.services[name] = service(
                self.fleet,
                name,
                definition,
                properties["DesiredCount"],
                placementConstraints=DISTINCT,
                deploymentConfiguration=percents,
            )
            return
        state.desired = properties["DesiredCount"]
        if state.primary.spec != definition:
            begin(self.fleet, state, definition, {})

    def _settle(self) -> None:
        settle(self.fleet, list(self.services.values()))
        assert not self.fleet.double_owned()


def _spec(task: Mapping[str, Any]) -> TaskSpec:
    container = container_of(task)
    paths = [device["HostPath"] for device in container["LinuxParameters"]["Devices"]]
    return spec(
        "-".join(path.removeprefix("/dev/") for path in paths),
        cpu=container["Cpu"],
        memory=container["Memory"],
        portMappings=[
            {"containerPort": port["ContainerPort"], "hostPort": port["HostPort"]}
            for port in container["PortMappings"]
        ],
        linuxParameters=devices(paths),
    )


def change(
    tmp_path: Path, hosts: int, *steps: Mapping[str, Any]
) -> tuple[bool, list[tuple[str, str]]]:
    """Whether the last of ``steps`` finishes, and the chips with an owner then."""
    account = Account(hosts)
    finished = False
    for number, step in enumerate(steps):
        finished = account.deploy(template_with(hosts, tmp_path / str(number), **step))
        assert finished or number == len(steps) - 1
    return finished, account.owned


@pytest.mark.parametrize(
    ("before", "after", "chips"),
    [
        ({"chips": 3}, {"chips": 2}, 2),
        ({"chips": 2}, {"chips": 3}, 3),
        # Slots are named by their first chip: the one in the middle is the same before and after.
        ({"chips": 2}, {"chips": 2, "first_chip": 1}, 2),
        ({"chips": 2, "first_chip": 1}, {"chips": 2}, 2),
        ({"chips_per_task": 2}, {"chips_per_task": 1}, 4),
        ({"chips_per_task": 4}, {"chips_per_task": 1}, 4),
        ({"chips_per_task": 4}, {"chips_per_task": 2}, 4),
        ({}, {"min_instances": 0}, 0),
    ],
)
def test_chips_that_come_go_or_are_split_need_no_spare_host(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], chips: int
) -> None:
    finished, owned = change(tmp_path, 1, before, after)

    assert finished
    assert len(owned) == chips


TAKEN_OVER = pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"chips_per_task": 1}, {"chips_per_task": 2}),
        ({"chips_per_task": 2}, {"chips_per_task": 4}),
        ({"service_name": "old"}, {"service_name": "new"}),
    ],
)


@TAKEN_OVER
def test_chips_of_a_service_that_is_deleted_after_its_successor_comes_need_a_spare_host(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert not change(tmp_path / "full", 1, before, after)[0]

    finished, owned = change(tmp_path / "spare", 2, before, after)

    assert finished
    assert len(owned) == 4


@TAKEN_OVER
def test_without_a_spare_host_the_old_service_goes_to_no_host_first(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    finished, owned = change(tmp_path, 1, before, {**before, "min_instances": 0}, after)

    assert finished
    assert len(owned) == 4
