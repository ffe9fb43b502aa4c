"""COCO's 80 detection classes: detectors number them 0 to 79, annotations 1 to 90 with gaps.

Source: https://github.com/cocodataset/cocoapi, the categories of instances_val2017.json
"""

from __future__ import annotations

_UNUSED = frozenset({12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
CATEGORY_OF_CLASS: tuple[int, ...] = tuple(id for id in range(1, 91) if id not in _UNUSED)
"""Category id by class index: 0 is 1 (person), 79 is 90 (toothbrush)."""


def category_of(class_index: int) -> int:
    """The annotations' id of a detector's class. Raises ValueError outside 0 to 79."""
    if not 0 <= class_index < len(CATEGORY_OF_CLASS):
        raise ValueError(f"class {class_index} is not one of COCO's 80, numbered 0 to 79")
    return CATEGORY_OF_CLASS[class_index]
