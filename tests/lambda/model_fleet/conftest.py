"""A world in which version one of a fleet is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fleet_world import FleetWorld

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def world(s3: S3Client) -> FleetWorld:
    return FleetWorld(s3)
