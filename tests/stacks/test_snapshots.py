"""The templates as a whole, for review: what a change of the code changes in the cloud."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

_HASH = re.compile(r"[0-9a-f]{64}")
_ALWAYS = ("network", "models", "endpoint")
# The CDK writes these into every template alike.
_BOILERPLATE = ("Parameters", "Rules")
# The roles of instances and tasks and the functions that empty pools have tests of their own.
_AROUND_A_CLUSTER = ("AWS::IAM::", "AWS::Lambda::", "AWS::Logs::", "AWS::StepFunctions::")


@pytest.mark.parametrize(
    ("platform", "stack"),
    [
        *((name, stack) for name in ("laptop", "prod") for stack in _ALWAYS),
        ("laptop", "cluster"),
        ("yolov4", "cluster"),
        ("comparison", "comparison"),
        ("elastic_inference", "comparison"),
        ("china_comparison", "comparison"),
        ("compiling", "models"),
    ],
)
def test_template(
    platform: str, stack: str, snapshot: SnapshotAssertion, request: pytest.FixtureRequest
) -> None:
    template: dict[str, Any] = request.getfixturevalue(platform).templates[stack]

    shown = {key: value for key, value in template.items() if key not in _BOILERPLATE}
    if stack in ("cluster", "comparison"):
        shown["Resources"] = {
            name: resource
            for name, resource in template["Resources"].items()
            if not resource["Type"].startswith(_AROUND_A_CLUSTER)
        }
    masked = json.loads(_HASH.sub("<hash>", json.dumps(shown)))
    assert masked == snapshot(extension_class=JSONSnapshotExtension)
