"""ENS, continued: data types and shapes along every edge of an ensemble, and its order.

The comparison is Triton's own (ensemble_utils.cc): equal data types, and shapes that agree with or
without the batch dimension, where -1 agrees with anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model_lint.archive import Archive, Model
from model_lint.positions import FieldPath
from model_lint.rule import Finding, error
from model_lint.rules.ensemble import STEP
from model_lint.schema import data_type_name
from model_lint.sources import CONFIG_DOC, ENSEMBLE_UTILS

ENS006 = error(
    "ENS006",
    "data types differ along an edge",
    why="Triton passes tensors on unconverted and refuses an ensemble whose types differ.",
    source=ENSEMBLE_UTILS,
    fix="declare the same data_type on both sides (and cast in a member)",
)
ENS007 = error(
    "ENS007",
    "shapes differ along an edge",
    why="Triton refuses an ensemble whose shapes can never agree.",
    source=ENSEMBLE_UTILS,
    fix="declare the same dims on both sides, -1 where the size varies",
)
ENS009 = error(
    "ENS009",
    "map names a tensor that the member lacks",
    why="The keys of input_map and output_map are the member's own tensor names.",
    source=ENSEMBLE_UTILS,
    fix="use a name that the member's config declares",
)
ENS010 = error(
    "ENS010",
    "member's input is not mapped",
    why="Every input that is not optional needs a tensor.",
    source=ENSEMBLE_UTILS,
    fix="add an input_map entry for it",
)
ENS011 = error(
    "ENS011",
    "tensor is read and never made",
    why="A value of input_map is neither an ensemble input nor any step's output, so the step"
    " waits for ever.",
    source=ENSEMBLE_UTILS,
    fix="correct the name, or map an output to it",
)
ENS012 = error(
    "ENS012",
    "ensemble input that nothing reads",
    why="Triton refuses to load an ensemble with an input that no step uses.",
    source=CONFIG_DOC,
    fix="map it to a member's input, or delete it",
)
ENS013 = error(
    "ENS013",
    "ensemble output is never made",
    why="No step's output_map names it, so the answer would lack it.",
    source=ENSEMBLE_UTILS,
    fix="map a member's output to it, or delete it",
)
ENS014 = error(
    "ENS014",
    "tensor is made twice",
    why="Two outputs, or an input and an output, have one name; which one is read is undefined.",
    source=ENSEMBLE_UTILS,
    fix="give each output a name of its own",
)
_Shape = tuple[int, ...]


@dataclass(frozen=True)
class Tensor:
    """A declared tensor: ``batching`` adds a dimension in front of ``dims``."""

    owner: str
    data_type: int
    dims: _Shape
    batching: bool

    @property
    def full(self) -> _Shape:
        """The shape with the batch dimension, if there is one."""
        return (-1, *self.dims) if self.batching else self.dims


@dataclass(frozen=True)
class Edge:
    """One entry of a step's map: the member's own tensor and where the entry stands."""

    step: int
    tensor: Tensor | None
    place: FieldPath


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about the edges of the ensemble."""
    for ensemble in archive.ensembles:
        yield from _ensemble(archive, ensemble)


def producers_and_consumers(
    archive: Archive, ensemble: Model
) -> tuple[dict[str, list[Edge]], dict[str, list[Edge]]]:
    """Every ensemble tensor's makers and readers among the steps."""
    assert ensemble.message is not None
    made: dict[str, list[Edge]] = {}
    read: dict[str, list[Edge]] = {}
    for index, step in enumerate(ensemble.message.ensemble_scheduling.step):
        member = archive.model(str(step.model_name))
        for kind, table in (("input", read), ("output", made)):
            declared = _declared(member, kind)
            for key, value in sorted(getattr(step, f"{kind}_map").items()):
                place = (*STEP, index, f"{kind}_map", f"={key}")
                table.setdefault(str(value), []).append(Edge(index, declared.get(key), place))
    return made, read


def _declared(model: Model | None, kind: str, *, reshaped: bool = False) -> dict[str, Tensor]:
    if model is None or model.message is None or not model.declares_tensors:
        return {}
    batching = model.message.max_batch_size > 0
    return {
        str(t.name): Tensor(model.directory, t.data_type, _dims(t, reshaped), batching)
        for t in getattr(model.message, kind)
    }


def _dims(tensor: Any, reshaped: bool) -> _Shape:
    if reshaped and tensor.HasField("reshape"):
        return tuple(tensor.reshape.shape)
    return tuple(tensor.dims)


def _ensemble(archive: Archive, ensemble: Model) -> Iterator[Finding]:
    yield from _maps(archive, ensemble)
    made, read = producers_and_consumers(archive, ensemble)
    inputs = _declared(ensemble, "input", reshaped=True)
    outputs = _declared(ensemble, "output", reshaped=True)
    for name, edges in made.items():
        for edge in edges[0 if name in inputs else 1 :]:
            yield ensemble.finding(ENS014, f"tensor {name!r} is made more than once", *edge.place)
    for name, edges in read.items():
        maker = inputs.get(name) or (made[name][0].tensor if name in made else None)
        for edge in edges:
            if name not in inputs and name not in made and ensemble.declares_tensors:
                yield ensemble.finding(
                    ENS011, f"no step and no ensemble input makes {name!r}", *edge.place
                )
            if maker is not None and edge.tensor is not None:
                yield from _compare(ensemble, name, maker, edge.tensor, edge.place)
    for index, tensor in enumerate(ensemble.message.input if ensemble.message else ()):
        if str(tensor.name) not in read:
            yield ensemble.finding(
                ENS012, f"no step reads the input {tensor.name!r}", "input", index, "name"
            )
    for index, name in enumerate(outputs):
        place = ("output", index, "name")
        if name not in made:
            yield ensemble.finding(ENS013, f"no step makes the output {name!r}", *place)
            continue
        maker = made[name][0].tensor
        if maker is not None:
            yield from _compare(ensemble, name, maker, outputs[name], place)


def _maps(archive: Archive, ensemble: Model) -> Iterator[Finding]:
    assert ensemble.message is not None
    for index, step in enumerate(ensemble.message.ensemble_scheduling.step):
        member = archive.model(str(step.model_name))
        if member is None or member.message is None or not member.declares_tensors:
            continue
        for kind in ("input", "output"):
            declared = _declared(member, kind)
            for key in sorted(getattr(step, f"{kind}_map")):
                if key not in declared:
                    yield ensemble.finding(
                        ENS009,
                        f"{member.directory} has no {kind} {key!r} (it has {', '.join(declared)})",
                        *STEP,
                        index,
                        f"{kind}_map",
                        f"={key}",
                    )
        for tensor in member.message.input:
            if str(tensor.name) not in step.input_map and not tensor.optional:
                yield ensemble.finding(
                    ENS010,
                    f"input {tensor.name!r} of {member.directory} is not mapped",
                    *STEP,
                    index,
                )


def _compare(
    ensemble: Model, name: str, maker: Tensor, reader: Tensor, place: FieldPath
) -> Iterator[Finding]:
    if 0 not in (maker.data_type, reader.data_type) and maker.data_type != reader.data_type:
        yield ensemble.finding(
            ENS006,
            f"{name!r} is {data_type_name(maker.data_type)} in {maker.owner} and"
            f" {data_type_name(reader.data_type)} in {reader.owner}",
            *place,
        )
    if not _agree(maker.dims, reader.dims) and not _agree(maker.full, reader.full):
        yield ensemble.finding(
            ENS007,
            f"{name!r} is {_shown(maker)} in {maker.owner} and {_shown(reader)} in {reader.owner}",
            *place,
        )


def _agree(left: _Shape, right: _Shape) -> bool:
    return len(left) == len(right) and all(
        a == b or -1 in (a, b) for a, b in zip(left, right, strict=True)
    )


def _shown(tensor: Tensor) -> str:
    dims = [str(dim) for dim in tensor.dims]
    return f"[{', '.join(['batch', *dims] if tensor.batching else dims)}]"
