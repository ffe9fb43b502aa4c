"""A small COCO set that is drawn here: free of any licence, and exact to the pixel.

Each picture holds filled shapes in colours of their own, which a detector by colour can find for
real. Categories are COCO's.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import IO, Any

from PIL import Image, ImageDraw

CATEGORIES = {37: "sports ball", 72: "tv", 38: "kite"}
COLOURS = {37: (220, 40, 40), 72: (40, 60, 220), 38: (30, 180, 60)}
# side in pixels: small is below 32 x 32, large above 96 x 96
_SIDES = (20, 60, 130)


def draw_set(folder: Path, pictures: int = 6, seed: int = 4) -> Path:
    """Writes the pictures (PNG, 320 x 240) and ``instances.json``; returns the latter."""
    random_numbers = random.Random(seed)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number in range(1, pictures + 1):
        picture = Image.new("RGB", (320, 240), (235, 235, 225))
        name = f"{number:012}.png"
        images.append({"id": number, "file_name": name, "width": 320, "height": 240})
        for cell, category in enumerate(CATEGORIES):
            side = _SIDES[(number + cell) % 3]
            # one column a shape keeps shapes apart, and the large one is let into the next
            x = cell * 106 + random_numbers.randint(0, max(0, 100 - side))
            y = random_numbers.randint(0, 239 - side)
            if side > 100 and cell == 2:
                x = 320 - side
            if _covered(annotations, number, (x, y, side, side)):
                continue
            _draw(ImageDraw.Draw(picture), category, (x, y, side))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": category,
                    "bbox": [x, y, side, side],
                    "area": side * side,
                    "iscrowd": 0,
                }
            )
        picture.save(folder / name)
    document = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": id, "name": name} for id, name in CATEGORIES.items()],
    }
    path = folder / "instances.json"
    path.write_text(json.dumps(document))
    return path


def _covered(annotations: list[dict[str, Any]], picture: int, box: tuple[int, ...]) -> bool:
    x, y, width, height = box
    return any(
        one["image_id"] == picture
        and x < one["bbox"][0] + one["bbox"][2]
        and one["bbox"][0] < x + width
        and y < one["bbox"][1] + one["bbox"][3]
        and one["bbox"][1] < y + height
        for one in annotations
    )


def _draw(draw: ImageDraw.ImageDraw, category: int, place: tuple[int, int, int]) -> None:
    x, y, side = place
    corner = (x + side - 1, y + side - 1)
    if category == 37:
        draw.ellipse((x, y, *corner), fill=COLOURS[category])
    elif category == 72:
        draw.rectangle((x, y, *corner), fill=COLOURS[category])
    else:
        top, right, bottom, left = (x + side // 2, y), (corner[0], y + side // 2), None, None
        bottom, left = (x + side // 2, corner[1]), (x, y + side // 2)
        draw.polygon([top, right, bottom, left], fill=COLOURS[category])


def find_by_colour(file: Path | IO[bytes]) -> dict[str, list[Any]]:
    """What a detector answers: boxes as fractions (y1, x1, y2, x2), scores, class indices."""
    picture = Image.open(file).convert("RGB")
    width, height = picture.size
    pixels = picture.load()
    assert pixels is not None
    answer: dict[str, list[Any]] = {"boxes": [], "scores": [], "classes": []}
    for category, colour in COLOURS.items():
        found = [(x, y) for y in range(height) for x in range(width) if pixels[x, y] == colour]
        if not found:
            continue
        left, right = min(x for x, _ in found), max(x for x, _ in found) + 1
        top, bottom = min(y for _, y in found), max(y for _, y in found) + 1
        answer["boxes"].append([top / height, left / width, bottom / height, right / width])
        answer["scores"].append(0.9)
        answer["classes"].append(_CLASS_OF_CATEGORY[category])
    return answer


_CLASS_OF_CATEGORY = {37: 32, 72: 62, 38: 33}
