"""A group of two protected instances, and the framework that asks for its end."""

from __future__ import annotations

import pytest

from tests.support.scaling_group import FakeGroup, FakeInstance, Framework


@pytest.fixture
def group() -> FakeGroup:
    return FakeGroup(instances={"i-1": FakeInstance(), "i-2": FakeInstance()})


@pytest.fixture
def framework(group: FakeGroup) -> Framework:
    return Framework(group)
