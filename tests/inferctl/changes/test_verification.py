"""A golden that is gone, or bounds that are wider, is a lowered safeguard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from golden_answers import Golden
from inferctl.changes.assembly import Assembly
from inferctl.changes.platform_changes import platform_changes


def with_golden(side: Assembly, **bounds: float | None) -> Assembly:
    """The platform whose first model is verified within these bounds."""
    ((fleet, manifest),) = side.manifests.items()
    model = manifest["models"][0]
    golden = Golden(
        name=model["name"],
        protocol="kserve-v2",
        digest=model["digest"],
        path="",
        request={"sha256": "1" * 64, "size": 1},
        answer={"sha256": "2" * 64, "size": 1},
        max_absolute_error=0.001,
        minimum_cosine=0.9999,
        latency_ms=100,
        attempts=3,
    )
    changed: Golden = {**golden, **bounds}  # type: ignore[typeddict-item]
    return replace(side, goldens={f"{fleet}/{model['name']}": changed})


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ({"max_absolute_error": 0.1}, "may be wrong by 0.1, not 0.001"),
        ({"max_absolute_error": None}, "may be wrong by anything, not 0.001"),
        ({"minimum_cosine": 0.5}, "may answer at a cosine of 0.5, not 0.9999"),
        ({"latency_ms": None}, "may take anything ms, not 100"),
        ({"attempts": 9}, "may be late 8 times, not 2"),
        ({"answer": {"sha256": "3" * 64}}, "is compared with another answer"),
    ],
)
def test_wider_bounds_are_told(
    synthesized: Mapping[str, Assembly], bounds: dict[str, float | None], text: str
) -> None:
    side = synthesized["laptop"]

    (found,) = platform_changes(with_golden(side), with_golden(side, **bounds)).findings

    assert found.kind == "protection" and found.text.startswith(text)
    assert found.place == "laptop-models/inception"


def test_removed_golden_is_told_and_narrower_bounds_are_not(
    synthesized: Mapping[str, Assembly],
) -> None:
    side = synthesized["laptop"]
    verified = with_golden(side)

    (found,) = platform_changes(verified, replace(side, goldens={})).findings

    assert (found.kind, found.text) == (
        "protection",
        "is not verified any more: it has no golden request",
    )
    assert platform_changes(verified, with_golden(side, latency_ms=50)).findings == ()
