"""What ``inferctl bench`` measures: a platform's model, or servers by their addresses."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

from inferctl.commands._target import deployment_of, load, model_named
from inferctl.cost.options import DEFAULT_REGION, prices_of
from inferctl.deployment import NotDeployedError
from inferctl.environment import ROOT
from inferctl.questions import NoGoldenRequestError, golden_of
from load_client.encoding import Encoding
from load_client.errors import InputError
from load_client.inputs import read_inputs
from load_client.options import (
    Problems,
    addresses_of,
    batches_of,
    check_folders,
    check_server_options,
    servers_of,
    shapes_of,
)
from load_client.plan import Plan, Server
from load_client.sagemaker import AwsPlace, SageMaker
from load_client.tensors import Tensors
from stacks.platform.models import PlatformModel

T = TypeVar("T")
USUAL_SECONDS = 10.0
_OF_A_SERVER = ("version", "region", "endpoint_url", "artifacts", "target_model")


def plan_of(given: argparse.Namespace) -> Plan:
    """The plan; raises `InputError` with every problem, `InvocationError` without an index."""
    problems = Problems()
    problems.add(_contradictions(given))
    if given.seconds is None and given.calls is None:
        given.seconds = USUAL_SECONDS
    shapes = shapes_of(given, problems)
    batches = batches_of(given, problems)
    check_server_options(given, problems)
    check_folders(problems, reads=[given.request], json=given.json, html=given.html)
    inputs, servers = (_of_servers if given.server else _of_platform)(given, problems)
    if problems.found:
        raise InputError(problems.found)
    return Plan(
        title=given.title or given.model or given.of_platform,
        servers=servers,
        inputs=inputs,
        shapes=shapes,
        batches=batches,
        ready_seconds=given.wait,
    )


def _contradictions(given: argparse.Namespace) -> list[str]:
    found = []
    if bool(given.of_platform) == bool(given.server):
        found.append("name either a MODEL of the platform or a --server")
    if given.server and not given.model:
        found.append("--server needs --model, the model's name there")
    if given.server and given.platform:
        found.append("--platform goes with a MODEL, not with --server")
    if given.of_platform and not given.server:
        found += ["--model goes with --server"] if given.model else []
        found += [
            f"--{option.replace('_', '-')} goes with --server; a platform has its own"
            for option in _OF_A_SERVER
            if getattr(given, option) is not None
        ]
    return found


def _of_servers(
    given: argparse.Namespace, problems: Problems
) -> tuple[Tensors, tuple[Server, ...]]:
    inputs = problems.catch(read_inputs, given.request, given.input) or {}
    addresses = addresses_of(given.server, given, problems)
    prices = prices_of(
        given,
        [address.name for address in addresses],
        region=given.region or DEFAULT_REGION,
        problems=problems,
    )
    model = given.model or ""
    return inputs, servers_of(addresses, given, model=model, prices=prices, problems=problems)


def _of_platform(
    given: argparse.Namespace, problems: Problems
) -> tuple[Tensors, tuple[Server, ...]]:
    path = given.platform or ROOT / "platforms" / "laptop.yaml"
    platform = _caught(problems, lambda: load(path))
    if platform is None or not given.of_platform:
        return {}, ()
    prices = prices_of(given, [platform.name], region=platform.region, problems=problems)
    inputs: Tensors | None = None
    if given.request is not None or given.input:
        inputs = problems.catch(read_inputs, given.request, given.input)
    model = _caught(problems, lambda: model_named(platform, given.of_platform))
    if model is not None and inputs is None:
        inputs = _caught(problems, lambda: _golden_inputs(model))
    deployment = _caught(problems, lambda: deployment_of(platform))
    client = None if deployment is None else _caught(problems, deployment.client)
    if problems.found or client is None or deployment is None or inputs is None:
        return {}, ()
    target = SageMaker(
        aws=AwsPlace(region=platform.region, endpoint_url=deployment.url),
        endpoint=client.endpoint,
        model=given.of_platform,
        target_model=client.target_model(given.of_platform),
        encoding=Encoding(given.encoding or Encoding.JSON),
        timeout_seconds=given.timeout,
    )
    price = prices[0] if prices else None
    return inputs, (Server(name=platform.name, target=target, price=price),)


def _golden_inputs(model: PlatformModel) -> Tensors:
    return read_inputs(model.folder.path / golden_of(model.folder, model.build).request, [])


def _caught(problems: Problems, make: Callable[[], T]) -> T | None:
    try:
        return problems.catch(make)
    except (OSError, NoGoldenRequestError, NotDeployedError) as error:
        problems.add([str(error)])
        return None
