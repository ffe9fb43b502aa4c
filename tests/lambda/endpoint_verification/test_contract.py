"""The contract's names are the ones that the handlers read and write."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from pkgutil import resolve_name

import pytest

from endpoint_verification import contract
from endpoint_verification.properties import read_endpoint, read_services
from endpoint_verification.report import attributes

LAMBDA_ROOT = Path(contract.__file__).parents[1]
VALUES = {
    "ServiceToken": "arn",
    "EndpointName": "laptop-models",
    "Serving": "0" * 64,
    "ArtifactBucket": "artifacts",
    "Prefix": "laptop-models/",
    "SourceBucket": "sources",
    "GoldensKey": "key",
    "GoldensDigest": "0" * 64,
    "GoldenPackKey": "pack",
    "ParallelCalls": "8",
    "TimeoutMinutes": "55",
    "Services": "{}",
}


class RecordingMapping(Mapping[str, object]):
    """Remembers which keys were asked for."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values_by_name = values
        self.read: set[str] = {"ServiceToken"}

    def __getitem__(self, name: str) -> object:
        self.read.add(name)
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)


def test_properties_of_the_contract_are_those_that_the_handlers_read() -> None:
    endpoint, services = RecordingMapping(VALUES), RecordingMapping(VALUES)

    read_endpoint(endpoint)
    read_services(services)

    assert endpoint.read == set(contract.VerificationProperties.__annotations__)
    assert services.read == set(contract.ServiceVerificationProperties.__annotations__)


def test_attributes_of_the_contract_are_those_that_the_handlers_return() -> None:
    returned = attributes(verified=2, asked=1)

    assert set(returned) == set(contract.VerificationAttributes.__annotations__)
    assert all(isinstance(value, str) for value in returned.values())


@pytest.mark.parametrize(
    "handler",
    [
        contract.ON_EVENT,
        contract.IS_COMPLETE,
        contract.SERVICE_ON_EVENT,
        contract.SERVICE_IS_COMPLETE,
    ],
)
def test_handler_names_resolve_to_callables(handler: str) -> None:
    module, _, name = handler.rpartition(".")

    assert callable(resolve_name(f"{module}:{name}"))


def test_handlers_load_with_the_packages_of_the_contract_alone(tmp_path: Path) -> None:
    for package in contract.PACKAGES:
        shutil.copytree(LAMBDA_ROOT / package, tmp_path / package)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        " import endpoint_verification.handler, endpoint_verification.service_handler;"
        " files = [getattr(module, '__file__', None) or '' for module in sys.modules.values()];"
        " print(any(file.startswith(sys.argv[1]) for file in files));"
        " print(any(file.startswith(sys.argv[2]) for file in files));"
        " print('aws_cdk' in sys.modules)"
    )

    output = subprocess.run(
        [sys.executable, "-I", "-c", program, str(tmp_path), str(LAMBDA_ROOT)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert output.split() == ["True", "False", "False"]
