"""The contract's names are the ones that the handlers read and write."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from pkgutil import resolve_name

import pytest
from botocore.exceptions import ClientError

from capacity_pool import contract
from capacity_pool.contract import PoolProperties
from capacity_pool.pool import read_pool
from tests.support.scaling_group import PROPERTIES, FakeGroup, Framework
from tests.support.waiting_tasks import FakeTask

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
    properties = RecordingMapping(PROPERTIES)

    read_pool(properties)

    # the service token is CloudFormation's own business
    assert properties.read | {"ServiceToken"} == set(PoolProperties.__annotations__)
    assert set(PROPERTIES) == set(PoolProperties.__annotations__)


def test_actions_of_the_contract_are_the_calls_that_are_made(
    group: FakeGroup, framework: Framework
) -> None:
    framework.tasks.tasks = {"waiting": FakeTask()}

    framework.finish(framework.event("Delete"))

    called = {f"autoscaling:{name}" for name, _ in group.calls}
    assert called == {*contract.READ_ACTIONS, *contract.GROUP_ACTIONS}
    of_tasks = {f"ecs:{name}" for name, _ in framework.tasks.calls}
    assert of_tasks == {*contract.LIST_ACTIONS, *contract.TASK_ACTIONS}


@pytest.mark.parametrize("handler", [contract.ON_EVENT, contract.IS_COMPLETE])
def test_handler_names_resolve_to_callables(handler: str) -> None:
    module, _, name = handler.rpartition(".")

    assert callable(resolve_name(f"{module}:{name}"))


def test_handlers_load_with_the_packages_of_the_contract_alone(tmp_path: Path) -> None:
    for package in contract.PACKAGES:
        shutil.copytree(LAMBDA_ROOT / package, tmp_path / package)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import capacity_pool.handler;"
        " files = [getattr(module, '__file__', None) or '' for module in sys.modules.values()];"
        " print(any(file.startswith(sys.argv[1]) for file in files));"
        " print(any(file.startswith(sys.argv[2]) for file in files))"
    )

    output = subprocess.run(
        [sys.executable, "-I", "-c", program, str(tmp_path), str(LAMBDA_ROOT)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert output.split() == ["True", "False"]


def test_the_fake_group_refuses_what_the_api_refuses(group: FakeGroup) -> None:
    too_many = [f"i-{number}" for number in range(51)]

    with pytest.raises(ClientError, match="at most 50"):
        group.set_instance_protection(
            AutoScalingGroupName="group", InstanceIds=too_many, ProtectedFromScaleIn=False
        )
