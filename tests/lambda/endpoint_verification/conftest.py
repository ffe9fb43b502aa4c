"""A world with an endpoint and nothing published yet."""

from __future__ import annotations

import pytest

from tests.support.verification_world import VerificationWorld


@pytest.fixture
def world() -> VerificationWorld:
    return VerificationWorld()
