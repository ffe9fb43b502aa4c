"""What ``inferctl accuracy coco`` measures, out of its arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from inferctl.accuracy.annotations import AnnotatedSet, read_annotations
from inferctl.accuracy.answers import AnswerReader
from inferctl.accuracy.coco_classes import category_of
from inferctl.accuracy.detect import Detector
from inferctl.accuracy.detections import Detection, read_detections
from inferctl.accuracy.errors import AccuracyInputError
from inferctl.accuracy.pictures import picture_files
from load_client.errors import InputError
from load_client.options import (
    Problems,
    addresses_of,
    check_folders,
    check_server_options,
    servers_of,
)

T = TypeVar("T")
CLASSES: Mapping[str, Callable[[int], int]] = {"coco80": category_of, "ids": int}
"""How a class of the detector becomes the annotations' category id."""
_MOST_CALLERS = 64


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where detections come from: a server, or a file that was read."""

    detector: Detector | None
    detections: tuple[Detection, ...]


@dataclass(frozen=True, kw_only=True)
class Task:
    """Everything that was checked; ``files`` empty where no server is asked."""

    annotated: AnnotatedSet
    files: Mapping[int, Path]
    candidate: Source
    reference: Source | None


def task_of(given: argparse.Namespace) -> Task:
    """What to measure; raises InputError with every problem."""
    problems = Problems()
    problems.add(_contradictions(given))
    check_server_options(given, problems)
    check_folders(
        problems, reads=[given.annotations, given.detections, given.reference], save=given.save
    )
    annotated = _caught(problems, lambda: read_annotations(given.annotations))
    files: Mapping[int, Path] | None = None
    if annotated is not None and given.images is not None:
        files = _caught(problems, lambda: picture_files(annotated, given.images))
    candidate = _source(given, given.server, given.model, given.detections, annotated, problems)
    reference = None
    if given.reference_server or given.reference:
        reference = _source(
            given,
            given.reference_server,
            given.reference_model or given.model,
            given.reference,
            annotated,
            problems,
        )
    if problems.found or annotated is None or candidate is None:
        raise InputError(problems.found)
    return Task(annotated=annotated, files=files or {}, candidate=candidate, reference=reference)


def _contradictions(given: argparse.Namespace) -> list[str]:
    found = []
    if bool(given.server) == bool(given.detections):
        found.append("give either --server or --detections")
    if given.reference and given.reference_server:
        found.append("give either --reference or --reference-server")
    if given.server and not given.model:
        found.append("--server needs --model, the model's name there")
    if given.reference_server and not (given.model or given.reference_model):
        found.append("--reference-server needs --reference-model, the model's name there")
    if (given.server or given.reference_server) and given.images is None:
        found.append("a server needs --images, the folder of the pictures")
    if given.save and not given.server:
        found.append("--save goes with --server")
    if given.batch < 1:
        found.append(f"--batch must be at least 1, got {given.batch}")
    if not 1 <= given.concurrency <= _MOST_CALLERS:
        found.append(f"--concurrency must be 1 to {_MOST_CALLERS}, got {given.concurrency}")
    if not 0 <= given.minimum_score <= 1:
        found.append(f"--minimum-score must be 0 to 1, got {given.minimum_score}")
    if len(_outputs(given)) != 3:
        found.append(f"--outputs must be three names such as b,s,c, got {given.outputs!r}")
    return found


def _source(
    given: argparse.Namespace,
    address: str | None,
    model: str | None,
    path: Path | None,
    annotated: AnnotatedSet | None,
    problems: Problems,
) -> Source | None:
    if address is None:
        if path is None or annotated is None:
            return None
        found = _caught(problems, lambda: read_detections(path, annotated))
        return None if found is None else Source(detector=None, detections=found)
    addresses = addresses_of([address], given, problems)
    servers = servers_of(addresses, given, model=model or "", problems=problems)
    if not servers:
        return None
    boxes, scores, classes = _outputs(given)
    detector = Detector(
        target=servers[0].target,
        input_name=given.input,
        reader=AnswerReader(
            boxes=boxes,
            scores=scores,
            classes=classes,
            minimum_score=given.minimum_score,
            category=CLASSES[given.classes],
            layout=given.boxes,
        ),
        batch=given.batch,
        concurrency=given.concurrency,
    )
    return Source(detector=detector, detections=())


def _outputs(given: argparse.Namespace) -> list[str]:
    return [name.strip() for name in given.outputs.split(",") if name.strip()]


def _caught(problems: Problems, make: Callable[[], T]) -> T | None:
    try:
        return problems.catch(make)
    except AccuracyInputError as error:
        problems.add(str(error).splitlines())
        return None
