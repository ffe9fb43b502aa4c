"""REQ: the golden request and answer against the tensors that the entry model declares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import prod
from typing import Any

from model_lint.archive import Archive, Model
from model_lint.repository import RepositoryFile
from model_lint.rule import Finding, Rule, error
from model_lint.schema import data_type_name
from model_lint.sources import V2_PROTOCOL
from model_lint.tensor_data import (
    count_elements,
    protocol_type,
    wrong_element,
)

REQ001 = error(
    "REQ001",
    "golden file is no inference request or answer",
    why="The request needs an object with a list of inputs, the answer one with a list of outputs,"
    " each with name, shape, datatype and data.",
    source=V2_PROTOCOL,
    fix="write a KServe v2 request, and take its answer with `inferctl invoke NAME --raw`",
)
REQ002 = error(
    "REQ002",
    "unknown input",
    why="Triton refuses a request with an input that the model does not declare.",
    source=V2_PROTOCOL,
    fix="use the declared names",
)
REQ003 = error(
    "REQ003",
    "input missing or sent twice",
    why="Triton refuses a request without every input that is not optional.",
    source=V2_PROTOCOL,
    fix="send each declared input once",
)
REQ004 = error(
    "REQ004",
    "data type differs from the config",
    why="Triton converts nothing: the request's datatype must be the declared one (TYPE_STRING is"
    " BYTES).",
    source=V2_PROTOCOL,
    fix="use the declared data type",
)
REQ005 = error(
    "REQ005",
    "shape differs from the config",
    why="With max_batch_size above 0 a shape is the batch, then the declared dims.",
    source=V2_PROTOCOL,
    fix="correct the shape",
)
REQ006 = error(
    "REQ006",
    "data does not fill the shape",
    why="There must be one element for each place of the shape.",
    source=V2_PROTOCOL,
    fix="correct shape or data",
)
REQ007 = error(
    "REQ007",
    "element that the data type cannot hold",
    why="JSON has no types, so Triton checks each element: BYTES are strings, integers in range.",
    source=V2_PROTOCOL,
    fix="correct the element, or the data type",
)
REQ008 = error(
    "REQ008",
    "unknown output",
    why="Triton refuses a request for an output that the model does not declare.",
    source=V2_PROTOCOL,
    fix="ask for declared outputs, or for none (then all come)",
)
REQ010 = error(
    "REQ010",
    "answer differs from the config",
    why="The gate compares the endpoint's answer with this one, which the model can never give.",
    source=V2_PROTOCOL,
    fix="take a new answer with `inferctl invoke NAME --raw`",
)
# Four times what InvokeEndpoint takes; more is a mistake that REQ009 names.
_LARGEST_READ = 4 * 6_291_456


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about golden request and answer."""
    entry = archive.entry
    if entry is None or not entry.declares_tensors:
        return
    if archive.repository.request is not None:
        yield from _request(entry, archive.repository.request)
    if archive.repository.answer is not None:
        yield from _answer(entry, archive.repository.answer)


def _tensors(file: RepositoryFile, key: str) -> tuple[Any, list[dict[str, Any]]] | str:
    """The parsed object and its tensors, or what is wrong with the file."""
    try:
        body = json.loads(file.read(_LARGEST_READ) or b"")
    except (ValueError, RecursionError):
        return "the file is not JSON"
    tensors = body.get(key) if isinstance(body, dict) else None
    if not isinstance(tensors, list) or not tensors:
        return f"the file has no list of {key}"
    for index, tensor in enumerate(tensors):
        if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
            return f"{key}[{index}] has no name"
        shape, data = tensor.get("shape"), tensor.get("data")
        whole = isinstance(shape, list) and all(type(dim) is int and dim >= 0 for dim in shape)
        if not whole or not isinstance(tensor.get("datatype"), str) or not isinstance(data, list):
            return f"{key}[{index}] ({tensor['name']}) needs shape, datatype and data"
    return body, tensors


def _request(entry: Model, file: RepositoryFile) -> Iterator[Finding]:
    assert entry.message is not None
    found = _tensors(file, "inputs")
    if isinstance(found, str):
        yield Finding(rule=REQ001, path=file.path, message=found)
        return
    body, tensors = found
    declared = {str(tensor.name): tensor for tensor in entry.message.input}
    sent = [tensor["name"] for tensor in tensors]
    for name, tensor in declared.items():
        if sent.count(name) != 1 and not (tensor.optional and name not in sent):
            yield Finding(
                rule=REQ003,
                path=file.path,
                message=f"input {name!r} is sent {sent.count(name)} times, once is right",
            )
    for tensor in tensors:
        if tensor["name"] in declared:
            yield from _tensor(entry, file, tensor, declared[tensor["name"]])
        else:
            yield Finding(
                rule=REQ002,
                path=file.path,
                message=f"input {tensor['name']!r} is not declared (the inputs are"
                f" {', '.join(declared)})",
            )
    outputs = [str(output.name) for output in entry.message.output]
    wanted = body.get("outputs", [])
    for output in wanted if isinstance(wanted, list) else []:
        asked = output.get("name") if isinstance(output, dict) else output
        if asked not in outputs:
            yield Finding(
                rule=REQ008,
                path=file.path,
                message=f"output {asked!r} is not declared (the outputs are {', '.join(outputs)})",
            )


def _answer(entry: Model, file: RepositoryFile) -> Iterator[Finding]:
    assert entry.message is not None
    found = _tensors(file, "outputs")
    if isinstance(found, str):
        yield Finding(rule=REQ001, path=file.path, message=found)
        return
    declared = {str(tensor.name): tensor for tensor in entry.message.output}
    for tensor in found[1]:
        if tensor["name"] in declared:
            yield from _tensor(entry, file, tensor, declared[tensor["name"]], rule=REQ010)
        else:
            yield Finding(
                rule=REQ010,
                path=file.path,
                message=f"output {tensor['name']!r} is not declared (the outputs are"
                f" {', '.join(declared)})",
            )


def _tensor(
    entry: Model,
    file: RepositoryFile,
    tensor: dict[str, Any],
    declared: Any,
    *,
    rule: Rule | None = None,
) -> Iterator[Finding]:
    """Data type, shape, count and elements; ``rule`` replaces the rules of the request."""
    assert entry.message is not None
    name, shape, data = tensor["name"], tensor["shape"], tensor["data"]
    datatype = protocol_type(data_type_name(declared.data_type))
    if tensor["datatype"] != datatype:
        message = f"{name!r} is {tensor['datatype']}, the config says {datatype}"
        yield Finding(rule=rule or REQ004, path=file.path, message=message)
    largest = int(entry.message.max_batch_size)
    wanted = [f"1..{largest}"] if largest > 0 else []
    wanted += [str(dim) for dim in declared.dims]
    dims = shape[1:] if largest > 0 else shape
    fits = len(shape) == len(wanted) and all(
        want in (-1, got) for got, want in zip(dims, declared.dims, strict=True)
    )
    if not fits or (largest > 0 and not 1 <= shape[0] <= largest):
        message = f"{name!r} has shape {shape}, the config says [{', '.join(wanted)}]"
        yield Finding(rule=rule or REQ005, path=file.path, message=message)
    count = count_elements(data)
    if count != prod(shape):
        message = f"{name!r} has {count} elements, shape {shape} holds {prod(shape)}"
        yield Finding(rule=rule or REQ006, path=file.path, message=message)
    wrong = wrong_element(data, datatype) if tensor["datatype"] == datatype else None
    if wrong is not None:
        message = f"{name!r} holds {wrong}, which {datatype} cannot"
        yield Finding(rule=rule or REQ007, path=file.path, message=message)
