"""Writes a TorchScript file without PyTorch: one module, its tensors, and ``forward`` as text.

Such a file is a zip archive of raw buffers, a pickle that names them, and code in TorchScript's
own syntax; equal tensors and equal code give equal bytes.
https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/docs/serialization.md
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Mapping, Sequence

from inferctl.exporters.graph import Array

# Read by every libtorch since 1.6; it says which meaning operators have.
_FILE_VERSION = b"3\n"
_ROOT = "archive"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_NO_CONSTANTS = pickle.PROTO + b"\x02" + pickle.EMPTY_TUPLE + pickle.STOP


def torchscript(
    name: str,
    tensors: Mapping[str, Array],
    *,
    buffers: Sequence[str],
    argument: str,
    body: Sequence[str],
) -> bytes:
    """The file of module ``name`` with float32 ``tensors``, whose names are Python's.

    ``buffers`` are those that training would not change by gradient. ``body`` is the code of
    ``forward``, which takes the tensor ``argument`` and ends with a return.
    """
    parameters = [tensor for tensor in tensors if tensor not in set(buffers)]
    lines = [
        f"class {name}(Module):",
        f"  __parameters__ = {_listed(parameters)}",
        f"  __buffers__ = {_listed(buffers)}",
        "  training : bool",
        *(f"  {tensor} : Tensor" for tensor in tensors),
        f"  def forward(self: __torch__.{name},",
        f"    {argument}: Tensor) -> Tensor:",
        *(f"    {line}" for line in body),
    ]
    members = {
        "data.pkl": _module_pickle(name, tensors),
        "code/__torch__.py": "\n".join([*lines, ""]).encode(),
        **{
            f"data/{number}": values.astype("<f4").tobytes()
            for number, values in enumerate(tensors.values())
        },
        "constants.pkl": _NO_CONSTANTS,
        "version": _FILE_VERSION,
        "byteorder": b"little",
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for path, content in members.items():
            archive.writestr(zipfile.ZipInfo(f"{_ROOT}/{path}", _EARLIEST), content)
    return written.getvalue()


def _listed(names: Sequence[str]) -> str:
    """TorchScript's parser wants a comma behind the last one too."""
    return "[" + "".join(f'"{name}", ' for name in names) + "]"


def _module_pickle(name: str, tensors: Mapping[str, Array]) -> bytes:
    """``Module()`` whose state is ``training`` and the tensors, in pickle's protocol 2."""
    parts = [
        pickle.PROTO + b"\x02",
        _global("__torch__", name) + pickle.EMPTY_TUPLE + pickle.NEWOBJ,
        pickle.EMPTY_DICT + pickle.MARK,
        _text("training") + pickle.NEWFALSE,
        *(
            _text(tensor) + _tensor(number, values)
            for number, (tensor, values) in enumerate(tensors.items())
        ),
        pickle.SETITEMS + pickle.BUILD + pickle.STOP,
    ]
    return b"".join(parts)


def _tensor(number: int, values: Array) -> bytes:
    """``_rebuild_tensor_v2(storage, 0, size, stride, False, OrderedDict())``."""
    strides = [stride // values.itemsize for stride in values.copy(order="C").strides]
    storage = [
        *(_text("storage"), _global("torch", "FloatStorage"), _text(str(number)), _text("cpu")),
        _number(values.size),
    ]
    arguments = [
        _tuple(storage) + pickle.BINPERSID,
        _number(0),
        _tuple([_number(size) for size in values.shape]),
        _tuple([_number(stride) for stride in strides]),
        pickle.NEWFALSE,
        _global("collections", "OrderedDict") + pickle.EMPTY_TUPLE + pickle.REDUCE,
    ]
    return _global("torch._utils", "_rebuild_tensor_v2") + _tuple(arguments) + pickle.REDUCE


def _tuple(parts: Sequence[bytes]) -> bytes:
    return pickle.MARK + b"".join(parts) + pickle.TUPLE


def _global(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


def _text(value: str) -> bytes:
    body = value.encode()
    return pickle.BINUNICODE + struct.pack("<I", len(body)) + body


def _number(value: int) -> bytes:
    return pickle.BININT + struct.pack("<i", value)
