"""CFG, continued: the tensors that a config declares."""

from __future__ import annotations

from collections.abc import Iterator

from model_lint.archive import Archive, Model
from model_lint.backends import COMPLETES_CONFIG
from model_lint.python_source import LARGEST_SOURCE
from model_lint.rule import Finding, error, warning
from model_lint.schema import data_type_name
from model_lint.sources import CONFIG_DOC, MODEL_CONFIG

CFG009 = error(
    "CFG009",
    "inputs or outputs missing",
    why="This backend cannot complete them from the model file, so the load fails or every call"
    " is refused.",
    source=CONFIG_DOC,
    fix="declare every input and output with name, data_type and dims",
)
CFG010 = warning(
    "CFG010",
    "inputs or outputs left to the backend",
    why="The backend completes them at load, too late to check the ensemble and golden request.",
    source=CONFIG_DOC,
    fix="declare every input and output with name, data_type and dims",
)
CFG011 = error(
    "CFG011",
    "tensor declared twice",
    why="Requests name tensors, so two of one name cannot both be meant.",
    source=MODEL_CONFIG,
    fix="delete or rename one",
)
CFG012 = error(
    "CFG012",
    "impossible dimension",
    why="A dimension is a positive number, or -1 for one that varies; the batch dimension is not"
    " written down.",
    source=MODEL_CONFIG,
    fix="write the real size, or -1",
)
CFG013 = error(
    "CFG013",
    "tensor without name or data type",
    why="Both are required: the protocol finds tensors by name and checks their type.",
    source=MODEL_CONFIG,
    fix="add name and data_type",
)
CFG014 = error(
    "CFG014",
    "image format needs three dimensions",
    why="FORMAT_NHWC and FORMAT_NCHW describe one image: exactly three dims.",
    source=MODEL_CONFIG,
    fix="write three dims, or delete format",
)
CFG015 = error(
    "CFG015",
    "label file missing",
    why="label_filename is relative to the model's directory; Triton refuses to load without it.",
    source=CONFIG_DOC,
    fix="add the file, or delete label_filename",
)
_KINDS = ("input", "output")


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about declared tensors."""
    for model in archive.models.values():
        if model.message is not None:
            yield from _missing(model)
            for kind in _KINDS:
                yield from _tensors(model, kind)


def _missing(model: Model) -> Iterator[Finding]:
    message = model.message
    assert message is not None
    absent = [f"{kind}s" for kind in _KINDS if not getattr(message, kind)]
    if not absent or model.backend is None:
        return
    completes = model.backend in COMPLETES_CONFIG or _completes_itself(model)
    rule = CFG010 if completes else CFG009
    yield model.finding(rule, f"{model.directory} declares no {' and no '.join(absent)}")


def _completes_itself(model: Model) -> bool:
    """Whether a Python model declares its tensors in ``auto_complete_config``."""
    return any(
        b"def auto_complete_config" in (file.read(LARGEST_SOURCE) or b"")
        for path, file in model.files.items()
        if model.backend == "python" and path.endswith(".py")
    )


def _tensors(model: Model, kind: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, tensor in enumerate(getattr(model.message, kind)):
        name = str(tensor.name)
        if not name:
            yield model.finding(CFG013, f"{kind} {index} has no name", kind, index)
        elif name in seen:
            yield model.finding(CFG011, f"{kind} {name!r} is declared twice", kind, index, "name")
        seen.add(name)
        if data_type_name(tensor.data_type) == "TYPE_INVALID":
            yield model.finding(CFG013, f"{kind} {name!r} has no data_type", kind, index)
        yield from _dims(model, kind, index)
    if kind == "output":
        for index, tensor in enumerate(model.message.output if model.message else ()):
            label = str(tensor.label_filename)
            if label and label not in model.files:
                yield model.finding(
                    CFG015,
                    f"label file {label!r} of output {tensor.name!r} is not in {model.directory}/",
                    "output",
                    index,
                    "label_filename",
                )


def _dims(model: Model, kind: str, index: int) -> Iterator[Finding]:
    tensor = getattr(model.message, kind)[index]
    if not tensor.dims:
        yield model.finding(CFG012, f"{kind} {tensor.name!r} has no dims", kind, index)
    for position, dim in enumerate(tensor.dims):
        if dim == 0 or dim < -1:
            yield model.finding(
                CFG012,
                f"dims[{position}] of {kind} {tensor.name!r} is {dim} (1 or more, or -1)",
                kind,
                index,
                "dims",
                position,
            )
    if kind == "input" and tensor.format and len(tensor.dims) != 3:
        yield model.finding(
            CFG014,
            f"input {tensor.name!r} has an image format and {len(tensor.dims)} dims",
            kind,
            index,
            "format",
        )
