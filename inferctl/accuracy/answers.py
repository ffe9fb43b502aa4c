"""What a detector answers for a batch of pictures, checked and as detections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from inferctl.accuracy.annotations import Picture
from inferctl.accuracy.coco_classes import category_of
from inferctl.accuracy.detections import BoxLayout, Detection, from_tensors
from load_client.tensors import Array, Tensors


@dataclass(frozen=True, kw_only=True)
class AnswerReader:
    """``boxes`` [n, k, 4], ``scores`` and ``classes`` [n, k] are the names of the outputs.

    ``category`` maps a class to the annotations' id, ``layout`` is what a box is made of.
    """

    boxes: str = "boxes"
    scores: str = "scores"
    classes: str = "classes"
    minimum_score: float = 0.0
    category: Callable[[int], int] = category_of
    layout: BoxLayout = "yxyx-fractions"

    def read(self, pictures: Sequence[Picture], outputs: Tensors) -> list[Detection]:
        """The detections of a batch. Raises ValueError with everything that is wrong."""
        names = (self.boxes, self.scores, self.classes)
        missing = [name for name in names if name not in outputs]
        if missing:
            there = ", ".join(outputs) or "none"
            raise ValueError(f"no output {' or '.join(missing)} in the answer (there are: {there})")
        arrays = [outputs[name] for name in names]
        # in JSON an empty list has lost its inner axes
        if all(array.size == 0 and array.shape[:1] == (len(pictures),) for array in arrays):
            return []
        problems = [
            problem
            for name, array in zip(names, arrays, strict=True)
            if (problem := _problem(name, array, len(pictures), boxes=name == self.boxes))
        ]
        if not problems and len({array.shape[1] for array in arrays}) > 1:
            said = ", ".join(f"{name} {list(array.shape)}" for name, array in outputs.items())
            problems.append(f"the outputs differ in their number of detections: {said}")
        scores = arrays[1]
        if not problems and not ((scores >= 0) & (scores <= 1)).all():
            problems.append(f"{self.scores} must be 0 to 1, got {scores.min()} to {scores.max()}")
        if problems:
            raise ValueError("; ".join(problems))
        found: list[Detection] = []
        for picture, *values in zip(pictures, *(array.tolist() for array in arrays), strict=True):
            found += from_tensors(
                picture,
                boxes=values[0],
                scores=values[1],
                classes=values[2],
                minimum_score=self.minimum_score,
                category=self.category,
                layout=self.layout,
            )
        return found


def _problem(name: str, array: Array, pictures: int, *, boxes: bool) -> str | None:
    wanted = f"[{pictures}, k, 4]" if boxes else f"[{pictures}, k]"
    fits = array.ndim == (3 if boxes else 2) and array.shape[0] == pictures
    if not fits or (boxes and array.shape[2] != 4):
        return f"{name} must have shape {wanted}, got {list(array.shape)}"
    if array.dtype.kind not in "iuf":
        return f"{name} must hold numbers, got {array.dtype}"
    if not np.isfinite(array).all():
        return f"{name} holds values that are not finite"
    return None
