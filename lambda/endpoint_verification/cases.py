"""Which archive each golden is asked of, and which need not be asked any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from endpoint_verification.examine import Case
from golden_answers import Golden, identity_of
from model_artifacts import Index
from model_artifacts.index import IndexEntry
from model_artifacts.verdict import Verdict, is_disproven, is_known


@dataclass(frozen=True, kw_only=True)
class Cases:
    """``known`` passed in an earlier deployment, with the same golden, image and host."""

    to_ask: list[Case]
    known: list[str]
    unpublished: list[str]
    """Models that the index does not name."""

    @property
    def total(self) -> int:
        """How many models have a golden."""
        return len(self.to_ask) + len(self.known) + len(self.unpublished)


def cases_of(goldens: Iterable[Golden], index: Index, *, serving: str) -> Cases:
    """The cases of a deployment against what is published now."""
    cases = Cases(to_ask=[], known=[], unpublished=[])
    for golden in goldens:
        entry = index["models"].get(golden["name"])
        if entry is None:
            cases.unpublished.append(golden["name"])
            continue
        current = entry["current"]
        verdict = verdict_of(golden, current["digest"], passed=True, serving=serving)
        if current["digest"] == golden["digest"] and is_known(current, verdict):
            cases.known.append(golden["name"])
        else:
            cases.to_ask.append(_case(golden, entry))
    return cases


def verdict_of(golden: Golden, digest: str, *, passed: bool, serving: str) -> Verdict:
    """How an artifact answered this golden."""
    return Verdict(digest=digest, passed=passed, golden=identity_of(golden), serving=serving[:16])


def _case(golden: Golden, entry: IndexEntry) -> Case:
    """Asks what serves; or, after a deployment that was taken back, what is to serve again."""
    current, previous = entry["current"], entry["previous"]
    taken_back = (
        previous is not None
        and previous["digest"] == golden["digest"]
        and current["digest"] != golden["digest"]
        and is_disproven(previous)
    )
    artifact = previous if taken_back and previous is not None else current
    return Case(golden=golden, target=artifact["key"], artifact=artifact["digest"])
