"""What a verification writes into the index: a mark on each artifact, and the way back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from model_artifacts.canonical import JsonValue
from model_artifacts.index import Artifact, Index, IndexEntry


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How the artifact ``digest`` answered.

    ``golden`` identifies the question, ``serving`` what ran the model: the same artifact need not
    be asked again while both stay.
    """

    digest: str
    passed: bool
    golden: str
    serving: str

    @property
    def mark(self) -> JsonValue:
        """What the index holds of it, as the artifact's ``verification``."""
        return {"passed": self.passed, "golden": self.golden, "serving": self.serving}


def is_proven(artifact: Artifact) -> bool:
    """Whether this artifact answered right in some deployment."""
    return _mark(artifact).get("passed") is True


def is_disproven(artifact: Artifact) -> bool:
    """Whether this artifact answered wrong when it was asked last, and never right."""
    return _mark(artifact).get("passed") is False


def is_known(artifact: Artifact, verdict: Verdict) -> bool:
    """Whether the index holds just this verdict."""
    return artifact["digest"] == verdict.digest and _mark(artifact) == verdict.mark


def judged_index(
    index: Index, verdicts: Mapping[str, Verdict], *, lost: Collection[str] = ()
) -> Index:
    """The index with the marks of ``verdicts``, by model.

    A model whose new artifact failed is served by the one before, where that one passed once and
    its key is not in ``lost``; one that failed before, was taken back and passes now is served
    again. Applying the same verdicts twice changes nothing more.
    """
    models = dict(index["models"])
    swapped = False
    for name, verdict in verdicts.items():
        if name in models:
            models[name] = _judged(models[name], verdict, lost)
            before = index["models"][name]["current"]["digest"]
            swapped = swapped or models[name]["current"]["digest"] != before
    return {**index, "models": models, "serial": index["serial"] + swapped}


def _judged(entry: IndexEntry, verdict: Verdict, lost: Collection[str]) -> IndexEntry:
    current, previous = entry["current"], entry["previous"]
    if current["digest"] == verdict.digest:
        if verdict.passed:
            return IndexEntry(current=_marked(current, verdict), previous=previous)
        if is_proven(current):
            return entry
        failed = _marked(current, verdict)
        if previous is not None and is_proven(previous) and previous["key"] not in lost:
            return IndexEntry(current=previous, previous=failed)
        return IndexEntry(current=failed, previous=previous)
    if (
        verdict.passed
        and previous is not None
        and previous["digest"] == verdict.digest
        and is_disproven(previous)
    ):
        return IndexEntry(current=_marked(previous, verdict), previous=current)
    return entry


def _marked(artifact: Artifact, verdict: Verdict) -> Artifact:
    return {**artifact, "verification": verdict.mark}


def _mark(artifact: Artifact) -> Mapping[str, object]:
    # an index of another release may lack the field
    mark = cast("Mapping[str, object]", artifact).get("verification")
    return cast("Mapping[str, object]", mark) if isinstance(mark, Mapping) else {}
