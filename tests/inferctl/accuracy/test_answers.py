"""A detector's answer: shapes, numbers, names."""

from __future__ import annotations

import numpy as np
import pytest

from inferctl.accuracy.annotations import Picture
from inferctl.accuracy.answers import AnswerReader
from load_client.tensors import Array

PICTURES = [Picture(id=id, file_name=f"{id}.jpg", width=100, height=200) for id in (1, 2)]
BOXES = np.array([[[0, 0, 0.5, 0.5], [0, 0, 0, 0]], [[0.5, 0.5, 1, 1], [0, 0, 1, 1]]], np.float32)
SCORES = np.array([[0.75, 0], [0.5, 0.25]], np.float32)
CLASSES = np.array([[0, 0], [79, 16]], np.float32)


def answer(**changes: Array) -> dict[str, Array]:
    return {"boxes": BOXES, "scores": SCORES, "classes": CLASSES} | changes


def test_each_pictures_detections_are_in_its_own_pixels() -> None:
    found = AnswerReader().read(PICTURES, answer())

    assert [(one.image_id, one.category_id, one.box, one.score) for one in found] == [
        (1, 1, (0.0, 0.0, 50.0, 100.0), 0.75),
        (2, 90, (50.0, 100.0, 50.0, 100.0), 0.5),
        (2, 18, (0.0, 0.0, 100.0, 200.0), 0.25),
    ]


def test_boxes_in_pixels_with_x_first_are_those_of_the_articles_yolov4() -> None:
    boxes = np.array([[[5, 10, 55, 90]], [[0, 0, 8, 9]]], np.float32)
    one = np.array([[0.75], [0.5]], np.float32)

    found = AnswerReader(layout="xyxy-pixels").read(
        PICTURES, {"boxes": boxes, "scores": one, "classes": np.zeros((2, 1), np.float32)}
    )

    assert [detection.box for detection in found] == [(5.0, 10.0, 50.0, 80.0), (0.0, 0.0, 8.0, 9.0)]


def test_other_names_category_ids_and_a_minimum_score() -> None:
    reader = AnswerReader(
        boxes="detection_boxes",
        scores="detection_scores",
        classes="detection_classes",
        minimum_score=0.3,
        category=int,
    )

    found = reader.read(
        PICTURES,
        {"detection_boxes": BOXES, "detection_scores": SCORES, "detection_classes": CLASSES + 5},
    )

    assert [(one.image_id, one.category_id) for one in found] == [(1, 5), (2, 84)]


@pytest.mark.parametrize("shape", [(2, 0), (2, 0, 4)])
def test_pictures_without_any_detection_are_fine(shape: tuple[int, ...]) -> None:
    none = np.zeros((2, 0))

    assert (
        AnswerReader().read(PICTURES, answer(boxes=np.zeros(shape), scores=none, classes=none))
        == []
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"boxes": BOXES[:1]}, "boxes must have shape [2, k, 4], got [1, 2, 4]"),
        ({"boxes": BOXES[..., :3]}, "boxes must have shape [2, k, 4], got [2, 2, 3]"),
        ({"boxes": SCORES}, "boxes must have shape [2, k, 4], got [2, 2]"),
        ({"scores": SCORES[0]}, "scores must have shape [2, k], got [2]"),
        ({"classes": CLASSES[:, :1]}, "the outputs differ in their number of detections: boxes"),
        ({"classes": np.array([["a", "b"]] * 2, object)}, "classes must hold numbers, got object"),
        ({"boxes": BOXES * np.float32("nan")}, "boxes holds values that are not finite"),
        ({"scores": SCORES * 2}, "scores must be 0 to 1, got 0.0 to 1.5"),
        ({"classes": CLASSES + 1}, "class 80 is not one of COCO's 80"),
    ],
)
def test_a_wrong_answer_is_refused(changes: dict[str, Array], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        AnswerReader().read(PICTURES, answer(**changes))

    assert message in str(caught.value)


def test_every_wrong_shape_and_every_missing_output_is_told() -> None:
    with pytest.raises(ValueError, match=r"boxes must .*; scores must .*; classes must "):
        AnswerReader().read(PICTURES[:1], answer())
    with pytest.raises(ValueError, match=r"no output scores or classes in .*\(there are: boxes\)"):
        AnswerReader().read(PICTURES, {"boxes": BOXES})
