"""One model folder published under two names answers under both, and goes one name at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inferctl.endpoint_client import InvocationError
from inferctl.localaws.serving.host_runner import choose_runner
from inferctl.localaws.serving.runner import StartError

from .platform_account import PlatformAccount, platform_account
from .tiny_models import client_of, factor_of, write_model

pytestmark = pytest.mark.server

PLATFORM = """
platform: twice
deploy_to: embedded
region: us-east-1
removal: destroy
endpoint: {{instance_type: ml.g4dn.xlarge, initial_instance_count: 1, scaling: off}}
models: [{models}]
"""


@pytest.fixture
def account(tmp_path: Path) -> Iterator[PlatformAccount]:
    try:
        choose_runner()
    except StartError as error:
        pytest.skip(str(error))
    with platform_account(tmp_path) as account:
        write_model(account.models, "one", 2)
        yield account


def test_both_names_answer_and_one_can_be_taken_back(account: PlatformAccount) -> None:
    account.deploy(PLATFORM.format(models="{name: one}, {name: one, publish_as: another}"))
    client = client_of(account, "twice")

    targets = {name: client.target_model(name) for name in ("one", "another")}
    assert {name: factor_of(client, name) for name in targets} == {"one": 2, "another": 2}
    assert len({target.partition("/")[2] for target in targets.values()}) == 1

    changed = account.deploy(PLATFORM.format(models="{name: one, publish_as: another}"))
    client = client_of(account, "twice")

    assert changed == ["twice-models"]
    assert factor_of(client, "another") == 2
    with pytest.raises(InvocationError, match="published: another"):
        client.target_model("one")
    account.destroy()
