"""REQ, continued: what fits into one call of InvokeEndpoint."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from model_lint.archive import Archive, Model
from model_lint.rule import Finding, error, warning
from model_lint.schema import data_type_name
from model_lint.sources import INVOKE_ENDPOINT
from model_lint.tensor_data import BYTES_PER_ELEMENT, protocol_type

REQ009 = error(
    "REQ009",
    "request above the body limit",
    why="InvokeEndpoint takes 6,291,456 bytes.",
    source=INVOKE_ENDPOINT,
    fix="send fewer items, or the binary form",
)
REQ011 = warning(
    "REQ011",
    "a full batch does not fit into one call",
    why="InvokeEndpoint takes 6,291,456 bytes, so a caller that fills a batch is refused; only"
    " dynamic_batching, which is not set, reaches max_batch_size.",
    source=INVOKE_ENDPOINT,
    fix="lower max_batch_size, or set dynamic_batching",
)
LARGEST_BODY = 6_291_456


def check(archive: Archive) -> Iterator[Finding]:
    """Findings about the golden request's size, and a full batch's."""
    request, entry = archive.repository.request, archive.entry
    if request is not None and request.size is not None and request.size > LARGEST_BODY:
        yield Finding(
            rule=REQ009,
            path=request.path,
            message=f"the request has {request.size:,} B, the limit is {LARGEST_BODY:,} B",
        )
    if entry is not None and entry.message is not None and not _batches_calls(archive):
        yield from _full_batch(entry)


def _batches_calls(archive: Archive) -> bool:
    """Whether Triton itself fills batches, from the calls of several callers."""
    return any(
        model.message is not None and model.message.HasField("dynamic_batching")
        for model in archive.models.values()
    )


def _full_batch(entry: Model) -> Iterator[Finding]:
    assert entry.message is not None
    batch = int(entry.message.max_batch_size)
    size = 0
    for tensor in entry.message.input:
        if all(dim > 0 for dim in tensor.dims):
            name = protocol_type(data_type_name(tensor.data_type))
            size += prod(tensor.dims) * BYTES_PER_ELEMENT.get(name, 0)
    if batch > 1 and batch * size > LARGEST_BODY:
        yield entry.finding(
            REQ011,
            f"a batch of {batch} takes {batch * size:,} B in binary, {LARGEST_BODY // size} items"
            " fit into one call",
            "max_batch_size",
        )
