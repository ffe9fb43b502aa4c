"""A candidate's detections beside a reference's: did compiling change what the model sees?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inferctl.accuracy.detections import Detection
from inferctl.accuracy.evaluate import Evaluation

_SAME_BOX = 0.5
"""Intersection over union from which on two boxes are the same find."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """``deltas`` go with ROWS, candidate minus reference; None where either has no value.

    Detections pair up by picture, category and box. ``max_score_error`` and ``max_box_error`` (in
    pixels, of any coordinate) are the largest differences inside a pair.
    """

    deltas: tuple[float | None, ...]
    paired: int
    only_reference: int
    only_candidate: int
    max_score_error: float
    max_box_error: float


def agreement(
    reference: Sequence[Detection],
    candidate: Sequence[Detection],
    *,
    evaluations: tuple[Evaluation, Evaluation],
) -> Agreement:
    """Compare; ``evaluations`` are those of the reference and the candidate."""
    deltas = tuple(
        None if before is None or after is None else after - before
        for before, after in zip(evaluations[0].values, evaluations[1].values, strict=True)
    )
    waiting = _by_place(candidate)
    paired, score_error, box_error = 0, 0.0, 0.0
    for one in sorted(reference, key=lambda found: -found.score):
        same = waiting[one.image_id, one.category_id]
        best = max(same, key=lambda other: _overlap(one, other), default=None)
        if best is None or _overlap(one, best) < _SAME_BOX:
            continue
        same.remove(best)
        paired += 1
        score_error = max(score_error, abs(one.score - best.score))
        box_error = max(box_error, *(abs(a - b) for a, b in zip(one.box, best.box, strict=True)))
    return Agreement(
        deltas=deltas,
        paired=paired,
        only_reference=len(reference) - paired,
        only_candidate=len(candidate) - paired,
        max_score_error=score_error,
        max_box_error=box_error,
    )


def _by_place(detections: Iterable[Detection]) -> defaultdict[tuple[int, int], list[Detection]]:
    groups: defaultdict[tuple[int, int], list[Detection]] = defaultdict(list)
    for detection in detections:
        groups[detection.image_id, detection.category_id].append(detection)
    return groups


def _overlap(one: Detection, other: Detection) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    left = max(one.box[0], other.box[0])
    top = max(one.box[1], other.box[1])
    right = min(one.box[0] + one.box[2], other.box[0] + other.box[2])
    bottom = min(one.box[1] + one.box[3], other.box[1] + other.box[3])
    if right <= left or bottom <= top:
        return 0.0
    inner = (right - left) * (bottom - top)
    return inner / (one.box[2] * one.box[3] + other.box[2] * other.box[3] - inner)
