"""The contract's names are the ones that the handlers read and write."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from pkgutil import resolve_name

import pytest

from model_artifacts import empty_index
from model_fleet import contract
from model_fleet.contract import FleetAttributes, FleetProperties
from model_fleet.fleet import read_fleet
from model_fleet.report import attributes

LAMBDA_ROOT = Path(contract.__file__).parents[1]


class RecordingMapping(Mapping[str, object]):
    """Remembers which keys were asked for."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values_by_name = values
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> object:
        self.read.add(name)
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)


def test_properties_of_the_contract_are_those_that_the_handler_reads() -> None:
    properties = RecordingMapping(
        {
            "ServiceToken": "arn",
            "ArtifactBucket": "artifacts",
            "Prefix": "fleet/",
            "Fleet": "fleet",
            "SourceBucket": "sources",
            "ManifestKey": "key",
            "ManifestDigest": "0" * 64,
            "SourcePackKey": "pack",
            "Retain": "false",
            "TimeLimitSeconds": "3600",
            "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:fleet",
            "Compilers": "{}",
        }
    )

    read_fleet(properties)

    # the service token is CloudFormation's own business
    assert properties.read | {"ServiceToken"} == set(FleetProperties.__annotations__)
    assert set(properties) == set(FleetProperties.__annotations__)


def test_attributes_of_the_contract_are_those_that_the_handler_returns() -> None:
    returned = attributes(empty_index(fleet="fleet", owner="stack"))

    assert set(returned) == set(FleetAttributes.__annotations__)
    assert all(isinstance(value, str) for value in returned.values())


@pytest.mark.parametrize(
    "handler",
    [
        contract.ON_EVENT,
        contract.IS_COMPLETE,
        contract.PACKAGE_HANDLER,
        contract.FAILURE_HANDLER,
    ],
)
def test_handler_names_resolve_to_callables(handler: str) -> None:
    module, _, name = handler.rpartition(".")

    assert callable(resolve_name(f"{module}:{name}"))


def test_handlers_load_with_the_packages_of_the_contract_alone(tmp_path: Path) -> None:
    for package in contract.PACKAGES:
        shutil.copytree(LAMBDA_ROOT / package, tmp_path / package)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import model_fleet.handler;"
        " import model_fleet.package_handler, model_fleet.failure_handler;"
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
