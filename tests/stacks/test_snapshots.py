"""The templates as a whole, for review: what a change of the code changes in the cloud."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

_HASH = re.compile(r"[0-9a-f]{64}")
# The CDK writes these into every template alike.
_BOILERPLATE = ("Parameters", "Rules")


@pytest.mark.parametrize("stack", ["network", "models", "endpoint"])
@pytest.mark.parametrize("platform", ["laptop", "prod"])
def test_template(
    platform: str, stack: str, snapshot: SnapshotAssertion, request: pytest.FixtureRequest
) -> None:
    template: dict[str, Any] = request.getfixturevalue(platform).templates[stack]

    shown = {key: value for key, value in template.items() if key not in _BOILERPLATE}
    masked = json.loads(_HASH.sub("<hash>", json.dumps(shown)))
    assert masked == snapshot(extension_class=JSONSnapshotExtension)
