"""Detections in COCO's results format, read from a file or made of a detector's tensors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from inferctl.accuracy.annotations import AnnotatedSet, Picture, box_problems, is_number
from inferctl.accuracy.coco_classes import category_of
from inferctl.accuracy.errors import AccuracyInputError
from inferctl.accuracy.json_file import read_json
from load_client.report_file import write_whole

BoxLayout = Literal["yxyx-fractions", "xyxy-pixels"]
"""Of TensorFlow's detection models, and of the article's YOLOv4 (docs/yolov4-on-inferentia.md)."""
LAYOUTS: tuple[str, ...] = get_args(BoxLayout)
Corners = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Detection:
    """One box: ``box`` is x, y, width, height in pixels of the picture; ``score`` 0 to 1."""

    image_id: int
    category_id: int
    box: tuple[float, float, float, float]
    score: float

    @property
    def document(self) -> dict[str, Any]:
        """As the results format writes it."""
        return {
            "image_id": self.image_id,
            "category_id": self.category_id,
            "bbox": list(self.box),
            "score": self.score,
        }


def read_detections(path: Path, annotated: AnnotatedSet) -> tuple[Detection, ...]:
    """The results file. Raises AccuracyInputError with every problem of it."""
    document = read_json(path)
    if not isinstance(document, list):
        raise AccuracyInputError(path, ["must be a list of detections"])
    pictures = {picture.id for picture in annotated.pictures}
    problems: list[str] = []
    found: list[Detection] = []
    for position, entry in enumerate(document):
        place = f"[{position}]"
        if not isinstance(entry, dict):
            problems.append(f"{place} must be an object")
            continue
        wrong = box_problems(place, entry, pictures, annotated.categories)
        score = entry.get("score")
        if not is_number(score) or not 0 <= float(score) <= 1:
            wrong.append(f"{place}.score must be 0 to 1, got {score!r}")
        problems += wrong
        if not wrong:
            x, y, width, height = map(float, entry["bbox"])
            found.append(
                Detection(
                    image_id=entry["image_id"],
                    category_id=entry["category_id"],
                    box=(x, y, width, height),
                    score=float(entry["score"]),
                )
            )
    if problems:
        raise AccuracyInputError(path, problems)
    return tuple(found)


def write_detections(path: Path, detections: Iterable[Detection]) -> None:
    """The results file, complete or not there."""
    write_whole(path, json.dumps([detection.document for detection in detections]).encode())


def corners_of(box: Sequence[float], layout: BoxLayout, picture: Picture) -> Corners:
    """Left, top, right and bottom in pixels of the picture."""
    if layout == "xyxy-pixels":
        left, top, right, bottom = box
        return left, top, right, bottom
    top, left, bottom, right = box
    return (
        left * picture.width,
        top * picture.height,
        right * picture.width,
        bottom * picture.height,
    )


def from_tensors(
    picture: Picture,
    *,
    boxes: Sequence[Sequence[float]],
    scores: Sequence[float],
    classes: Sequence[float],
    minimum_score: float = 0.0,
    category: Callable[[int], int] = category_of,
    layout: BoxLayout = "yxyx-fractions",
) -> list[Detection]:
    """What a detector says of one picture.

    ``boxes`` FP32 [n, 4] are as ``layout`` says, ``scores`` FP32 [n], ``classes`` [n] the class
    indices. A box of no extent, which pads a fixed-size output, is left out. Raises ValueError
    where the lengths differ or a class has no category.
    """
    if not len(boxes) == len(scores) == len(classes):
        raise ValueError(
            f"{picture.file_name}: {len(boxes)} boxes, {len(scores)} scores and"
            f" {len(classes)} classes"
        )
    found: list[Detection] = []
    for box, score, class_index in zip(boxes, scores, classes, strict=True):
        left, top, right, bottom = corners_of(box, layout, picture)
        if score < minimum_score or right <= left or bottom <= top:
            continue
        found.append(
            Detection(
                image_id=picture.id,
                category_id=category(int(class_index)),
                box=(left, top, right - left, bottom - top),
                score=float(score),
            )
        )
    return found
