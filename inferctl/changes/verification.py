"""Models and services whose answers are verified less strictly than before, or not at all."""

from __future__ import annotations

import math
from collections.abc import Iterator

from golden_answers import Golden
from inferctl.changes.comparison import Comparison
from inferctl.changes.finding import Finding


def verification_findings(comparison: Comparison) -> Iterator[Finding]:
    """What the goldens of the two sides say differently of the same model or service."""
    served = {
        model["name"]
        for manifest in comparison.after.manifests.values()
        for model in manifest["models"]
    }
    for place, old in sorted(comparison.before.goldens.items()):
        new = comparison.after.goldens.get(place)
        if new is not None:
            texts = [*_looser(old, new)]
        else:
            # a model that is served no more is told as such; a service has no digest
            is_left = not old["digest"] or old["name"] in served
            texts = ["is not verified any more: it has no golden request"] if is_left else []
        for text in texts:
            yield Finding(
                kind="protection",
                stack=place.partition("/")[0],
                resource=old["name"],
                type="golden",
                text=text,
            )


def _looser(old: Golden, new: Golden) -> Iterator[str]:
    unbounded = math.inf
    error = (old["max_absolute_error"], new["max_absolute_error"])
    if _or(error[1], unbounded) > _or(error[0], unbounded):
        yield f"may be wrong by {_said(error[1])}, not {_said(error[0])}"
    cosine = (old["minimum_cosine"], new["minimum_cosine"])
    if _or(cosine[1], -1) < _or(cosine[0], -1):
        yield f"may answer at a cosine of {_said(cosine[1])}, not {_said(cosine[0])}"
    latency = (old["latency_ms"], new["latency_ms"])
    if _or(latency[1], unbounded) > _or(latency[0], unbounded):
        yield f"may take {_said(latency[1])} ms, not {_said(latency[0])}"
    if new["attempts"] > old["attempts"]:
        yield f"may be late {new['attempts'] - 1} times, not {old['attempts'] - 1}"
    if old["digest"] == new["digest"] and old["answer"]["sha256"] != new["answer"]["sha256"]:
        yield "is compared with another answer, while what answers is the same"


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _said(value: float | None) -> str:
    return "anything" if value is None else f"{value:g}"
