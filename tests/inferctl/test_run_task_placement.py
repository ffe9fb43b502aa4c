"""``run-task`` against the embedded ECS: what its scheduler refuses, and how that is told."""

from __future__ import annotations

import argparse
from typing import Any
from unittest.mock import create_autospec

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from accelerator_catalog import EC2_INSTANCES
from inferctl.commands import run_task
from inferctl.localaws.ecs.service import Ecs
from inferctl.localaws.ecs.simulator import HostType
from inferctl.localaws.ecs.surroundings import EmbeddedServices, GroupInstance
from inferctl.localaws.http import HttpRequest

REGION = "us-east-1"


class Body:
    """The body of an answer."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> list[bytes]:
        return [self._content]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of an ECS with two inf1.xlarge hosts and a task that owns chip 0 of its host."""
    surroundings = create_autospec(EmbeddedServices(REGION), instance=True)
    surroundings.groups.return_value = {}
    surroundings.host_type.return_value = HostType.of(EC2_INSTANCES["inf1.xlarge"])
    surroundings.ami.return_value = "ami-0"
    surroundings.singles.return_value = [
        GroupInstance(id=f"i-{number}", type="inf1.xlarge", zone="us-east-1a", protected=False)
        for number in range(2)
    ]
    ecs = Ecs(lambda _region: surroundings)

    def answer(request: Any, **_: Any) -> AWSResponse:
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        body = request.body if isinstance(request.body, bytes) else request.body.encode()
        found = ecs.handle(HttpRequest("POST", "/", headers, lambda _limit: body), region=REGION)
        kept = HTTPHeaders()
        for name, value in found.headers.items():
            kept[name] = value
        return AWSResponse(request.url, found.status, kept, Body(found.body))

    session: Any = boto3.session.Session(aws_access_key_id="t", aws_secret_access_key="t")
    client = session.client("ecs", region_name=REGION)
    client.meta.events.register("before-send.ecs", answer)
    client.create_cluster(clusterName="default")
    client.register_task_definition(
        family="embed",
        networkMode="bridge",
        containerDefinitions=[
            {
                "name": "main",
                "image": "i",
                "memoryReservation": 256,
                "portMappings": [{"containerPort": 31_000, "hostPort": 31_000}],
                "linuxParameters": {"devices": [{"hostPath": "/dev/neuron0"}]},
            }
        ],
    )
    monkeypatch.setattr(run_task, "ecs_client", lambda **_: client)
    monkeypatch.setenv("AWS_REGION", REGION)
    return client


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    run_task.add_parser(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["run-task", "--task-definition", "embed", *words])
    status: int = arguments.run(arguments)
    return status


def test_each_host_gives_its_chip_once_and_the_third_task_is_refused(
    client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--instance-type", "Inf1.xlarge", "--count", "3") == 1

    captured = capsys.readouterr()
    rows = [line.split() for line in captured.out.splitlines() if "inf1.xlarge" in line]
    assert len({row[1] for row in rows}) == len(rows) == 2
    assert "not started: RESOURCE:PORTS" in captured.err
    assert "chip 0 of every host in reach is owned by another task" in captured.err
    assert len(client.list_tasks(cluster="default", startedBy="inferctl")["taskArns"]) == 2


@pytest.mark.usefixtures("client")
def test_type_that_no_host_has_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--instance-type", "inf2.xlarge") == 1

    captured = capsys.readouterr()
    assert "not started: MemberOf placement constraint unsatisfied." in captured.err
    assert "the cluster has no active host of type inf2.xlarge" in captured.err


@pytest.mark.usefixtures("client")
def test_unknown_definition_is_refused_as_ecs_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--task-definition", "gone") == 2

    assert "task definition gone does not exist" in capsys.readouterr().err
