"""Detections of drawn pictures against their annotations, with pycocotools for real."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inferctl.accuracy.annotations import AnnotatedSet, read_annotations
from inferctl.accuracy.batches import batches
from inferctl.accuracy.coco_classes import CATEGORY_OF_CLASS, category_of
from inferctl.accuracy.compare import agreement
from inferctl.accuracy.detections import (
    Detection,
    from_tensors,
    read_detections,
    write_detections,
)
from inferctl.accuracy.errors import AccuracyInputError
from inferctl.accuracy.evaluate import ROWS, evaluate
from inferctl.accuracy.pictures import picture_files
from tests.support.drawn_pictures import draw_set, find_by_colour


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> AnnotatedSet:
    return read_annotations(draw_set(tmp_path_factory.mktemp("drawn")))


@pytest.fixture(scope="module")
def found(drawn: AnnotatedSet) -> list[Detection]:
    detections: list[Detection] = []
    for picture in drawn.pictures:
        said = find_by_colour(drawn.path.parent / picture.file_name)
        detections += from_tensors(
            picture, boxes=said["boxes"], scores=said["scores"], classes=said["classes"]
        )
    return detections


def test_a_detector_that_sees_everything_has_perfect_precision(
    drawn: AnnotatedSet, found: list[Detection]
) -> None:
    result = evaluate(drawn, found)

    assert result.values == pytest.approx([1.0] * len(ROWS))
    assert (result.pictures, result.detections) == (6, drawn.annotation_count)


def test_shifted_boxes_keep_the_loose_precision_and_lose_the_strict(
    drawn: AnnotatedSet, found: list[Detection]
) -> None:
    shifted = [replace(one, box=(one.box[0] + one.box[2] * 0.2, *one.box[1:])) for one in found]

    result = evaluate(drawn, shifted)

    assert result.values[1] == pytest.approx(1.0)  # IoU 0.50; the shift leaves 0.67
    assert result.values[2] == pytest.approx(0.0)  # IoU 0.75
    assert result.average_precision == pytest.approx(0.4)  # 0.50, 0.55, 0.60, 0.65 of ten


def test_pictures_that_are_left_out_cost_recall(
    drawn: AnnotatedSet, found: list[Detection]
) -> None:
    last = drawn.pictures[-1].id

    result = evaluate(drawn, [one for one in found if one.image_id != last])

    recall = result.values[8]
    assert recall is not None and 0.7 < recall < 0.95


def test_no_detection_at_all_is_a_precision_of_nought(drawn: AnnotatedSet) -> None:
    result = evaluate(drawn, [])

    assert result.average_precision == 0.0


def test_a_size_that_the_set_lacks_has_no_value(tmp_path: Path) -> None:
    path = draw_set(tmp_path, pictures=2)
    document = json.loads(path.read_text())
    document["annotations"] = [one for one in document["annotations"] if one["area"] < 9216]
    path.write_text(json.dumps(document))

    result = evaluate(read_annotations(path), [])

    assert result.values[5] is None and result.values[11] is None


def test_evaluating_leaves_the_annotations_as_they_were(
    drawn: AnnotatedSet, found: list[Detection]
) -> None:
    before = json.dumps(drawn.document)

    evaluate(drawn, found)

    assert json.dumps(drawn.document) == before


def test_the_classes_have_cocos_gaps() -> None:
    assert len(CATEGORY_OF_CLASS) == 80
    assert [category_of(index) for index in (0, 10, 11, 79)] == [1, 11, 13, 90]
    with pytest.raises(ValueError, match="class 80 is not one of COCO's 80"):
        category_of(80)


@pytest.mark.parametrize(
    ("count", "size", "lengths"), [(10, 4, [4, 4, 2]), (8, 8, [8]), (0, 3, [])]
)
def test_the_last_batch_may_be_short_and_is_not_dropped(
    count: int, size: int, lengths: list[int]
) -> None:
    assert [len(batch) for batch in batches(range(count), size)] == lengths


def test_padding_boxes_and_low_scores_are_left_out(drawn: AnnotatedSet) -> None:
    picture = drawn.pictures[0]

    found = from_tensors(
        picture,
        boxes=[[0.25, 0.5, 0.75, 1.0], [0.0, 0.0, 0.0, 0.0], [0.1, 0.1, 0.2, 0.2]],
        scores=[0.9, 0.9, 0.05],
        classes=[32.0, 0.0, 0.0],
        minimum_score=0.1,
    )

    assert found == [
        Detection(image_id=picture.id, category_id=37, box=(160.0, 60.0, 160.0, 120.0), score=0.9)
    ]


def test_tensors_of_different_lengths_are_refused(drawn: AnnotatedSet) -> None:
    with pytest.raises(ValueError, match="1 boxes, 2 scores and 1 classes"):
        from_tensors(drawn.pictures[0], boxes=[[0, 0, 1, 1]], scores=[0.5, 0.5], classes=[1])


def test_detections_written_and_read_are_the_same(
    drawn: AnnotatedSet, found: list[Detection], tmp_path: Path
) -> None:
    path = tmp_path / "detections.json"

    write_detections(path, found)

    assert list(read_detections(path, drawn)) == found
    assert [entry.name for entry in tmp_path.iterdir()] == ["detections.json"]


def test_an_equal_candidate_agrees_exactly(drawn: AnnotatedSet, found: list[Detection]) -> None:
    result = evaluate(drawn, found)

    same = agreement(found, [*reversed(found)], evaluations=(result, result))

    assert (same.paired, same.only_reference, same.only_candidate) == (len(found), 0, 0)
    assert (same.max_score_error, same.max_box_error) == (0.0, 0.0)
    assert set(same.deltas) == {0.0}


def test_a_worse_candidate_shows_where(drawn: AnnotatedSet, found: list[Detection]) -> None:
    moved = replace(found[0], score=0.7, box=(found[0].box[0] + 2, *found[0].box[1:]))
    candidate = [moved, *found[1:-1]]
    both = (evaluate(drawn, found), evaluate(drawn, candidate))

    result = agreement(found, candidate, evaluations=both)

    assert (result.paired, result.only_reference) == (len(found) - 1, 1)
    assert result.max_score_error == pytest.approx(0.2)
    assert result.max_box_error == pytest.approx(2.0)
    delta = result.deltas[0]
    assert delta is not None and delta < 0


Damage = Callable[[dict[str, list[dict[str, object]]]], object]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: d.pop("categories"), "categories must be a list"),
        (lambda d: d["annotations"].clear(), "annotations is empty: there is nothing"),
        (lambda d: d["images"].append(d["images"][0]), "images[6].id: 1 is there twice"),
        (lambda d: d["images"][0].pop("width"), "images[0] must have file_name, width and height"),
        (lambda d: d["images"].append({"id": "7"}), "images[6] must be an object with a whole"),
        (lambda d: d["categories"].append({}), "categories[3] must be an object with a whole"),
        (
            lambda d: d["annotations"][0].update(image_id=99),
            "image_id: 99 is no picture of the set",
        ),
        (lambda d: d["annotations"][0].update(category_id=1), "category_id: 1 is no category"),
        (
            lambda d: d["annotations"][0].update(bbox=[1, 2, 3]),
            "bbox must be [x, y, width, height]",
        ),
        (lambda d: d["annotations"][0].update(bbox=[1, 2, -3, 4]), "bbox must have no negative"),
        (lambda d: d["annotations"][0].update(id=2), "annotations[1].id must be a whole number of"),
        (lambda d: d["annotations"][0].pop("area"), "annotations[0].area must be a number of"),
        (lambda d: d["annotations"].append(3), "must be an object"),
    ],
)
def test_annotations_that_are_wrong_are_refused(
    damage: Damage, message: str, tmp_path: Path
) -> None:
    path = draw_set(tmp_path)
    document = json.loads(path.read_text())
    damage(document)
    path.write_text(json.dumps(document))

    with pytest.raises(AccuracyInputError) as caught:
        read_annotations(path)

    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON: Expecting value"),
        ("[1,", "is not JSON: Expecting value"),
        ("{}", "must be a list of detections"),
        ("[3]", "[0] must be an object"),
        (
            '[{"image_id": 1, "category_id": 37, "bbox": [0,0,1,1], "score": 2}]',
            "[0].score must be",
        ),
        ('[{"image_id": 1, "category_id": 37, "bbox": [0,0,1,NaN], "score": 1}]', "[0].bbox must"),
    ],
)
def test_detections_that_are_wrong_are_refused(
    text: str, message: str, drawn: AnnotatedSet, tmp_path: Path
) -> None:
    path = tmp_path / "detections.json"
    path.write_text(text)

    with pytest.raises(AccuracyInputError) as caught:
        read_detections(path, drawn)

    assert message in str(caught.value)


def test_a_file_that_is_not_there_is_named(drawn: AnnotatedSet, tmp_path: Path) -> None:
    with pytest.raises(AccuracyInputError, match=r"nowhere\.json: cannot be read: No such file"):
        read_detections(tmp_path / "nowhere.json", drawn)


def test_many_problems_are_counted_and_not_all_printed(drawn: AnnotatedSet, tmp_path: Path) -> None:
    path = tmp_path / "detections.json"
    path.write_text(json.dumps([3] * 5000))

    with pytest.raises(AccuracyInputError) as caught:
        read_detections(path, drawn)

    assert str(caught.value).endswith("and 4,990 more problems of this kind")


@pytest.mark.parametrize(
    "text", ["9" * 5000, "[" * 200_000, "\xff"], ids=["digits", "deep", "latin"]
)
def test_a_file_that_is_no_json_is_refused(drawn: AnnotatedSet, tmp_path: Path, text: str) -> None:
    (tmp_path / "found.json").write_bytes(text.encode("latin-1"))

    with pytest.raises(AccuracyInputError, match="is not JSON"):
        read_detections(tmp_path / "found.json", drawn)


@pytest.mark.parametrize(
    ("part", "change", "problem"),
    [
        ("annotations", {"area": 10**400}, "area must be"),
        ("annotations", {"bbox": [0, 0, 10**400, 1]}, "bbox must be"),
        ("annotations", {"iscrowd": "x"}, "iscrowd must be 0 or 1"),
        ("images", {"width": 10**400}, "must have file_name, width and height"),
        ("images", {"id": 10**30}, "whole number as id"),
    ],
)
def test_numbers_without_sense_are_refused(
    tmp_path: Path, part: str, change: dict[str, object], problem: str
) -> None:
    path = draw_set(tmp_path)
    document = json.loads(path.read_text())
    document[part][0].update(change)
    path.write_text(json.dumps(document))

    with pytest.raises(AccuracyInputError, match=problem):
        read_annotations(path)


def test_a_picture_outside_of_the_folder_is_named(drawn: AnnotatedSet, tmp_path: Path) -> None:
    outside = replace(drawn.pictures[0], file_name="/nowhere/a.png")

    with pytest.raises(AccuracyInputError, match=r"/nowhere/a\.png is not there"):
        picture_files(replace(drawn, pictures=(outside,)), tmp_path)


def test_an_annotation_numbered_nought_counts_as_found(tmp_path: Path) -> None:
    path = draw_set(tmp_path)
    document = json.loads(path.read_text())
    document["annotations"][0]["id"] = 0
    path.write_text(json.dumps(document))
    annotated = read_annotations(path)
    perfect = [
        Detection(
            image_id=one["image_id"],
            category_id=one["category_id"],
            box=tuple(one["bbox"]),
            score=0.9,
        )
        for one in document["annotations"]
    ]

    assert evaluate(annotated, perfect).average_precision == pytest.approx(1.0)


def test_a_category_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = draw_set(tmp_path)
    document = json.loads(path.read_text())
    document["categories"].append(document["categories"][0])
    path.write_text(json.dumps(document))

    with pytest.raises(AccuracyInputError, match=r"categories\[\d+\]\.id: \d+ is there twice"):
        read_annotations(path)
