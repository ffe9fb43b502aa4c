"""Message classes made from a table, in a pool of their own.

The official stubs of TensorFlow Serving and Triton register the same names in protobuf's default
pool; a private pool lets both live in one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _Field.TYPE_BOOL,
    "bytes": _Field.TYPE_BYTES,
    "double": _Field.TYPE_DOUBLE,
    "float": _Field.TYPE_FLOAT,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "string": _Field.TYPE_STRING,
    "uint32": _Field.TYPE_UINT32,
    "uint64": _Field.TYPE_UINT64,
}
Fields = Mapping[str, tuple[int, str]]


def message_classes(package: str, messages: Mapping[str, Fields]) -> dict[str, Any]:
    """Classes by name; a field is ``name: (number, type)``.

    Types: a scalar, a message of the table, ``repeated <type>`` or ``map <message>`` with string
    keys. Enums are int32, which is the same on the wire.
    """
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto", package=package, syntax="proto3"
    )
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            _add_field(message, field, number, kind, package)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in messages
    }


def _add_field(message: Any, name: str, number: int, kind: str, package: str) -> None:
    label, _, element = kind.rpartition(" ")
    field = message.field.add(name=name, number=number)
    field.label = _Field.LABEL_REPEATED if label else _Field.LABEL_OPTIONAL
    if label == "map":
        entry = "".join(part.title() for part in name.split("_")) + "Entry"
        nested = message.nested_type.add(name=entry)
        nested.options.map_entry = True
        _add_field(nested, "key", 1, "string", package)
        _add_field(nested, "value", 2, element, package)
        field.type = _Field.TYPE_MESSAGE
        field.type_name = f".{package}.{message.name}.{entry}"
    elif element in _SCALARS:
        field.type = _SCALARS[element]
    else:
        field.type = _Field.TYPE_MESSAGE
        field.type_name = f".{package}.{element}"
