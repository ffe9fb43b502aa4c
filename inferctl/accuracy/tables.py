"""The AP and AR table and the agreement, as text and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from inferctl.accuracy.compare import Agreement
from inferctl.accuracy.evaluate import ROWS, Evaluation
from load_client.console import aligned
from load_client.summary import Cell

_WORDS = ("", "IoU", "area")


def evaluation_text(candidate: Evaluation, reference: Evaluation | None = None) -> str:
    """Twelve lines, in COCO's order; with a reference also its figures and the differences."""
    figures = ["value"] if reference is None else ["candidate", "reference", "delta"]
    header = [Cell(name, right=name not in _WORDS) for name in (*_WORDS, "detections", *figures)]
    rows = []
    for number, (name, iou, area, most) in enumerate(ROWS):
        value = candidate.values[number]
        cells = [_share(value)]
        if reference is not None:
            other = reference.values[number]
            delta = "-" if value is None or other is None else f"{value - other:+.3f}"
            cells += [_share(other), delta]
        rows.append([name, iou, area, str(most), *cells])
    return aligned(header, rows)


def agreement_text(found: Agreement) -> str:
    """Two sentences on single detections."""
    return (
        f"{found.paired:,} detections agree in picture, category and box;"
        f" {found.only_reference:,} are the reference's alone,"
        f" {found.only_candidate:,} the candidate's.\n"
        f"Maximum absolute error among those that agree: score {found.max_score_error:.4f},"
        f" box {found.max_box_error:.2f} pixels."
    )


def document(
    candidate: Evaluation, reference: Evaluation | None, found: Agreement | None
) -> dict[str, Any]:
    """Everything, for programs."""
    value: dict[str, Any] = {"candidate": _document(candidate)}
    if reference is not None and found is not None:
        value |= {"reference": _document(reference), "agreement": asdict(found)}
    return value


def _document(evaluation: Evaluation) -> dict[str, Any]:
    names = ("metric", "iou", "area", "detections")
    rows = [
        dict(zip(names, row, strict=True)) | {"value": value}
        for row, value in zip(ROWS, evaluation.values, strict=True)
    ]
    return asdict(evaluation) | {"values": rows}


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
