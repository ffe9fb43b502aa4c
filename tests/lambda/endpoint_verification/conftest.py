"""A world with an endpoint and nothing published yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.verification_world import VerificationWorld

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def world(s3: S3Client) -> VerificationWorld:
    return VerificationWorld(s3)
