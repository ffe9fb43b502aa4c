"""Average precision and recall as pycocotools computes them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from inferctl.accuracy.annotations import AnnotatedSet
from inferctl.accuracy.detections import Detection

# (name in the table, IoU, area, detections a picture), in the order of COCOeval.stats.
# https://cocodataset.org/#detection-eval
ROWS: tuple[tuple[str, str, str, int], ...] = (
    ("AP", "0.50:0.95", "all", 100),
    ("AP", "0.50", "all", 100),
    ("AP", "0.75", "all", 100),
    ("AP", "0.50:0.95", "small", 100),
    ("AP", "0.50:0.95", "medium", 100),
    ("AP", "0.50:0.95", "large", 100),
    ("AR", "0.50:0.95", "all", 1),
    ("AR", "0.50:0.95", "all", 10),
    ("AR", "0.50:0.95", "all", 100),
    ("AR", "0.50:0.95", "small", 100),
    ("AR", "0.50:0.95", "medium", 100),
    ("AR", "0.50:0.95", "large", 100),
)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """``values`` go with ROWS, 0 to 1; None where the set has no box of that size."""

    pictures: int
    annotations: int
    detections: int
    values: tuple[float | None, ...]

    @property
    def average_precision(self) -> float | None:
        """AP over IoU 0.50 to 0.95, the number that is quoted."""
        return self.values[0]


def evaluate(annotated: AnnotatedSet, detections: Sequence[Detection]) -> Evaluation:
    """Every picture of the set counts, also one without detections."""
    # numpy and pycocotools take half a second to import
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with redirect_stdout(io.StringIO()):
        truth = COCO()
        # pycocotools writes into what it is given, and takes a match with annotation 0 for none
        truth.dataset = {
            **annotated.document,
            "annotations": [
                {"iscrowd": 0, **one, "id": number}
                for number, one in enumerate(annotated.document["annotations"], start=1)
            ],
        }
        truth.createIndex()
        evaluation: Any = COCOeval(truth, _results(truth, detections), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return Evaluation(
        pictures=len(annotated.pictures),
        annotations=annotated.annotation_count,
        detections=len(detections),
        values=tuple(None if value < 0 else float(value) for value in evaluation.stats),
    )


def _results(truth: Any, detections: Sequence[Detection]) -> Any:
    from pycocotools.coco import COCO

    if detections:
        return truth.loadRes([detection.document for detection in detections])
    empty = COCO()  # loadRes breaks on an empty list
    empty.dataset = {**truth.dataset, "annotations": []}
    empty.createIndex()
    return empty
