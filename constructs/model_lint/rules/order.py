"""ENS, continued: batch sizes of an ensemble and its members, and steps that wait in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from model_lint.archive import Archive, Model
from model_lint.rule import Finding, error
from model_lint.rules.ensemble import STEP
from model_lint.rules.graph import producers_and_consumers
from model_lint.sources import CONFIG_DOC, ENSEMBLE_UTILS, SAGEMAKER_SERVER

ENS008 = error(
    "ENS008",
    "steps wait for each other",
    why="A step runs when all its inputs are there; in a circle none ever is.",
    source=ENSEMBLE_UTILS,
    fix="break the circle: map one of the inputs to an earlier tensor",
)
ENS015 = error(
    "ENS015",
    "member's batch is smaller than the ensemble's",
    why="Triton refuses an ensemble whose max_batch_size is above a batching member's.",
    source=ENSEMBLE_UTILS,
    fix="raise the member's max_batch_size, or lower the ensemble's",
)
ENS018 = error(
    "ENS018",
    "batching member in an ensemble without batches",
    why="With max_batch_size 0 the ensemble's tensors are passed on as they are, so the member"
    " misses its batch dimension at every call.",
    source=CONFIG_DOC,
    fix="set the ensemble's max_batch_size, or put -1 in front of its dims",
)
ENS021 = error(
    "ENS021",
    "member named like an archive",
    why="From 23.10 on the ensemble is loaded under its TargetModel, such as text.tar.gz; to Triton"
    ' a member of that name is the ensemble itself ("circular dependency").',
    source=SAGEMAKER_SERVER,
    fix="name the directory after what the model does, such as encoder",
)
_ARCHIVE = ".tar.gz"


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about batch sizes and order."""
    for ensemble in archive.ensembles:
        yield from _archive_names(archive, ensemble)
        yield from _batches(archive, ensemble)
        yield from _circle(archive, ensemble)


def _batches(archive: Archive, ensemble: Model) -> Iterator[Finding]:
    assert ensemble.message is not None
    largest = int(ensemble.message.max_batch_size)
    ranks = {str(tensor.name): len(tensor.dims) for tensor in ensemble.message.input}
    for index, step in enumerate(ensemble.message.ensemble_scheduling.step):
        member = archive.model(str(step.model_name))
        if member is None or member.message is None or member is ensemble:
            continue
        own = int(member.message.max_batch_size)
        if 0 < own < largest:
            yield ensemble.finding(
                ENS015,
                f"max_batch_size is {largest}, that of {member.directory} is {own}",
                "max_batch_size",
            )
        for tensor in member.message.input if largest == 0 < own else ():
            outer = step.input_map.get(tensor.name)
            if ranks.get(outer) == len(tensor.dims):
                yield ensemble.finding(
                    ENS018,
                    f"{outer!r} has no batch dimension, and {member.directory} batches"
                    f" (max_batch_size {own})",
                    *STEP,
                    index,
                    "input_map",
                    f"={tensor.name}",
                )


def _archive_names(archive: Archive, ensemble: Model) -> Iterator[Finding]:
    for directory, model in archive.models.items():
        if directory.endswith(_ARCHIVE) and model is not ensemble:
            yield model.finding(ENS021, f"{directory} is a possible TargetModel", "name")


def _circle(archive: Archive, ensemble: Model) -> Iterator[Finding]:
    made, read = producers_and_consumers(archive, ensemble)
    steps = ensemble.message.ensemble_scheduling.step if ensemble.message else ()
    inputs = {str(tensor.name) for tensor in (ensemble.message.input if ensemble.message else ())}
    waits_for: dict[int, set[int]] = {index: set() for index in range(len(steps))}
    for name, edges in read.items():
        for edge in edges if name not in inputs else ():
            waits_for[edge.step].update(maker.step for maker in made.get(name, ()))
    circle = find_circle(waits_for)
    if circle:
        names = [str(steps[index].model_name) for index in circle]
        yield ensemble.finding(
            ENS008, f"{' -> '.join([*names, names[0]])} wait for each other", *STEP, min(circle)
        )
    for index, step in enumerate(steps):
        if str(step.model_name) == ensemble.directory:
            yield ensemble.finding(
                ENS008, f"step {index} of {ensemble.directory} is itself", *STEP, index
            )


def find_circle(waits_for: Mapping[int, set[int]]) -> tuple[int, ...]:
    """The steps of one circle, smallest first; empty when they can be ordered."""
    waiting = {step: set(others) for step, others in waits_for.items()}
    ready = [step for step, others in waiting.items() if not others]
    while ready:
        done = ready.pop()
        del waiting[done]
        for step, others in waiting.items():
            if done in others:
                others.discard(done)
                if not others:
                    ready.append(step)
    if not waiting:
        return ()
    # Everything left waits for something left, so walking back must come round.
    walk = [min(waiting)]
    while True:
        before = min(other for other in waiting[walk[-1]])
        if before in walk:
            circle = walk[walk.index(before) :]
            start = circle.index(min(circle))
            return (*circle[start:], *circle[:start])
        walk.append(before)
