"""``inferctl accuracy coco``: detections against COCO annotations, and against a reference."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from inferctl.accuracy.compare import agreement
from inferctl.accuracy.detect import DetectionError
from inferctl.accuracy.detections import LAYOUTS, Detection, write_detections
from inferctl.accuracy.errors import AccuracyInputError
from inferctl.accuracy.evaluate import evaluate
from inferctl.accuracy.tables import agreement_text, document, evaluation_text
from inferctl.commands._accuracy_task import CLASSES, Source, Task, task_of
from inferctl.output import console, errors, step
from load_client.errors import InputError, NotReadyError
from load_client.options import add_server_options
from load_client.readiness import wait_until_ready
from load_client.scales import number

_WAIT_SECONDS = 60.0


def add_parser(verbs: Any) -> None:
    """``inferctl accuracy coco --annotations FILE``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "accuracy", help="measure what a model gets right", description=__doc__
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    coco = kinds.add_parser(
        "coco",
        help="average precision and recall of a detector",
        description="Sends every picture of a set in COCO's format to a detector, or reads what it"
        " found from a file, and prints the twelve figures of pycocotools.",
        epilog="Exit status: 0 measured, 1 the server or --save failed, 2 unusable input.",
    )
    add = coco.add_argument
    add("--annotations", type=Path, required=True, metavar="FILE", help="instances_val2017.json")
    add("--images", type=Path, metavar="DIR", help="the pictures, with --server")
    add("--server", metavar="[NAME=]ADDRESS", help="such as tf-serving-grpc://h:8500")
    add("--model", help="the model's name there")
    add("--detections", type=Path, metavar="FILE", help="COCO results, instead of --server")
    add("--reference", type=Path, metavar="FILE", help="COCO results to compare with")
    add("--reference-server", metavar="[NAME=]ADDRESS", help="a server to compare with")
    add("--reference-model", help="the model's name there, default --model")
    add("--batch", type=int, default=1, help="pictures of a call, default 1; the last has fewer")
    add("--concurrency", type=int, default=4, help="callers at once, default 4")
    add("--input", default="image", help="takes the files as strings, default image")
    add("--outputs", default="boxes,scores,classes", help="default boxes,scores,classes")
    add("--boxes", choices=LAYOUTS, default=LAYOUTS[0], help="what the four numbers are")
    add("--classes", choices=[*CLASSES], default="coco80", help="0 to 79, or category ids")
    add("--minimum-score", type=float, default=0.0, help="leave out what is below, default 0")
    add("--save", type=Path, metavar="FILE", help="write the server's detections there")
    add("--json", action="store_true", help="print every figure as JSON and nothing else")
    add_server_options(coco, wait_seconds=_WAIT_SECONDS)
    coco.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 measured, 1 the server or --save failed, 2 unusable input."""
    try:
        return _measure(task_of(arguments), arguments)
    except InputError as error:
        errors.print("\n".join(error.problems), markup=False)
        return 2
    except AccuracyInputError as error:
        errors.print(str(error), markup=False)
        return 2
    except (DetectionError, NotReadyError) as error:
        errors.print(str(error), markup=False)
        return 1


def _measure(task: Task, arguments: argparse.Namespace) -> int:
    quiet = arguments.json
    found = _detections(task, task.candidate, arguments.wait, quiet=quiet)
    kept = arguments.save is None or _save(arguments.save, found)
    candidate = evaluate(task.annotated, found)
    reference, same = None, None
    if task.reference is not None:
        other = _detections(task, task.reference, arguments.wait, quiet=quiet)
        reference = evaluate(task.annotated, other)
        same = agreement(other, found, evaluations=(reference, candidate))
    if quiet:
        print(json.dumps(document(candidate, reference, same), indent=2))
        return 0 if kept else 1
    console.print(
        f"{candidate.detections:,} detections, {candidate.annotations:,} annotations in"
        f" {candidate.pictures:,} pictures"
    )
    console.print(evaluation_text(candidate, reference), markup=False)
    if same is not None:
        console.print(agreement_text(same), markup=False)
    return 0 if kept else 1


def _save(path: Path, detections: Sequence[Detection]) -> bool:
    """Whether it could be written; the figures are shown in any case."""
    try:
        write_detections(path, detections)
    except OSError as error:
        errors.print(f"--save: {error}", markup=False)
        return False
    return True


def _detections(task: Task, source: Source, wait_seconds: float, *, quiet: bool) -> list[Detection]:
    """The source's detections in categories of the set; others have nothing to be held against."""
    if source.detector is None:
        return [*source.detections]
    total = len(task.annotated.pictures)
    with _shown(f"{source.detector.target.model}: {total:,} pictures", quiet) as say:
        wait_until_ready(source.detector.target, seconds=wait_seconds, progress=say)
        started = monotonic()
        found = source.detector.detect(
            task.annotated,
            task.files,
            progress=lambda done: say(
                f"{done:,} done, {number(done / max(monotonic() - started, 1e-9))}/s"
            ),
        )
    known = [each for each in found if each.category_id in task.annotated.categories]
    if len(known) < len(found) and not quiet:
        left_out = len(found) - len(known)
        console.print(f"{left_out:,} detections of categories that the set lacks were left out")
    return known


@contextmanager
def _shown(title: str, quiet: bool) -> Iterator[Callable[[str], None]]:
    if quiet:
        yield lambda _: None
        return
    with step(title) as line:
        yield line.update
