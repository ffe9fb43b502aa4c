"""The annotations of a set in COCO's format: pictures, categories, boxes.

Format: https://cocodataset.org/#format-data
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from inferctl.accuracy.errors import AccuracyInputError
from inferctl.accuracy.json_file import read_json


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture of the set; ``width`` and ``height`` in pixels."""

    id: int
    file_name: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class AnnotatedSet:
    """A set that was checked. ``document`` is COCO's own, as pycocotools takes it."""

    path: Path
    pictures: tuple[Picture, ...]
    categories: Mapping[int, str]
    annotation_count: int
    document: Mapping[str, Any]


def read_annotations(path: Path) -> AnnotatedSet:
    """The set. Raises AccuracyInputError with every problem of the file."""
    document = read_json(path)
    if not isinstance(document, dict):
        raise AccuracyInputError(path, ["must be an object with images, annotations, categories"])
    missing = [
        name
        for name in ("images", "annotations", "categories")
        if not isinstance(document.get(name), list)
    ]
    if missing:
        raise AccuracyInputError(path, [f"{name} must be a list" for name in missing])
    problems: list[str] = []
    pictures = _pictures(document["images"], problems)
    categories = _categories(document["categories"], problems)
    _check_boxes(document["annotations"], {one.id for one in pictures}, categories, problems)
    if not problems and not document["annotations"]:
        problems.append("annotations is empty: there is nothing to measure against")
    if problems:
        raise AccuracyInputError(path, problems)
    return AnnotatedSet(
        path=path,
        pictures=tuple(pictures),
        categories=categories,
        annotation_count=len(document["annotations"]),
        document=document,
    )


def _pictures(entries: list[Any], problems: list[str]) -> list[Picture]:
    found: dict[int, Picture] = {}
    for position, entry in enumerate(entries):
        place = f"images[{position}]"
        if not isinstance(entry, dict) or not is_id(entry.get("id")):
            problems.append(f"{place} must be an object with a whole number as id")
        elif entry["id"] in found:
            problems.append(f"{place}.id: {entry['id']} is there twice")
        elif not isinstance(entry.get("file_name"), str) or not all(
            is_id(entry.get(side)) and entry[side] > 0 for side in ("width", "height")
        ):
            problems.append(f"{place} must have file_name, width and height")
        else:
            found[entry["id"]] = Picture(
                id=entry["id"],
                file_name=entry["file_name"],
                width=entry["width"],
                height=entry["height"],
            )
    return [*found.values()]


def _categories(entries: list[Any], problems: list[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for position, entry in enumerate(entries):
        if not isinstance(entry, dict) or not is_id(entry.get("id")):
            problems.append(f"categories[{position}] must be an object with a whole number as id")
        elif entry["id"] in found:
            problems.append(f"categories[{position}].id: {entry['id']} is there twice")
        else:
            found[entry["id"]] = str(entry.get("name", entry["id"]))
    return found


def _check_boxes(
    entries: list[Any], pictures: set[int], categories: Mapping[int, str], problems: list[str]
) -> None:
    seen: set[int] = set()
    for position, entry in enumerate(entries):
        place = f"annotations[{position}]"
        if not isinstance(entry, dict):
            problems.append(f"{place} must be an object")
            continue
        if not is_id(entry.get("id")) or entry["id"] in seen:
            problems.append(f"{place}.id must be a whole number of its own")
        else:
            seen.add(entry["id"])
        problems += box_problems(place, entry, pictures, categories)
        if not is_number(entry.get("area")) or entry["area"] < 0:
            problems.append(f"{place}.area must be a number of square pixels")
        if entry.get("iscrowd", 0) not in (0, 1):
            problems.append(f"{place}.iscrowd must be 0 or 1, got {entry['iscrowd']!r}")


def box_problems(
    place: str, entry: Mapping[str, Any], pictures: set[int], categories: Mapping[int, str]
) -> list[str]:
    """What is wrong with the picture, the category or the box of an annotation or detection."""
    problems: list[str] = []
    if not is_id(entry.get("image_id")) or entry["image_id"] not in pictures:
        problems.append(f"{place}.image_id: {entry.get('image_id')!r} is no picture of the set")
    if not is_id(entry.get("category_id")) or entry["category_id"] not in categories:
        problems.append(
            f"{place}.category_id: {entry.get('category_id')!r} is no category of the set"
        )
    box = entry.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(is_number(side) for side in box):
        problems.append(f"{place}.bbox must be [x, y, width, height] in pixels")
    elif box[2] < 0 or box[3] < 0:
        problems.append(f"{place}.bbox must have no negative width or height, got {box}")
    return problems


def is_id(value: object) -> TypeGuard[int]:
    """Whether ``value`` is a whole number that numpy can hold; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def is_number(value: object) -> TypeGuard[float]:
    """Whether ``value`` is a finite number, and none that only arithmetic could hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
