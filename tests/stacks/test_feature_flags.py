"""``cdk.json`` against the flags that the pinned CDK recommends."""

from __future__ import annotations

import json
import tarfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECIDED_OTHERWISE = {
    "@aws-cdk/core:defaultCrossStackReferences": "strong",
    "@aws-cdk/core:target-partitions": ["aws", "aws-cn", "aws-us-gov"],
    "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": False,
}


@pytest.fixture(scope="module")
def recommended() -> dict[str, Any]:
    (package,) = (f for f in files("aws_cdk._jsii").iterdir() if f.name.endswith(".jsii.tgz"))
    with as_file(package) as path, tarfile.open(path) as archive:
        for member in archive:
            if member.name == "package/recommended-feature-flags.json":
                content = archive.extractfile(member)
                assert content is not None
                return dict(json.load(content))
    raise AssertionError("aws-cdk-lib no longer lists its recommended flags")


def test_every_recommended_flag_is_decided(
    context: dict[str, Any], recommended: dict[str, Any]
) -> None:
    assert set(context) == set(recommended)


def test_flags_differ_from_the_recommendation_only_where_it_is_documented(
    context: dict[str, Any], recommended: dict[str, Any]
) -> None:
    assert context == recommended | DECIDED_OTHERWISE
    page = (ROOT / "docs" / "feature-flags.md").read_text()
    for flag in DECIDED_OTHERWISE:
        assert flag.removeprefix("@aws-cdk/") in page
