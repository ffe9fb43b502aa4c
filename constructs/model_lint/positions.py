"""Where each field stands in a protobuf text file: the parser for Python does not tell."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from contextlib import suppress

FieldPath = tuple[str | int, ...]
_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[\w.+-]+|.""", re.DOTALL
)
_CLOSING = {"{": "}", "<": ">"}


class Positions:
    """Line and column of every field of one text, both from 1.

    A path is field name and index in turn, ``("input", 0, "dims", 1)``; an entry of a map is also
    found by its key: ``("input_map", "INPUT0")``. A scalar or an item of a list stands where its
    value does, another message where its name does.
    """

    def __init__(self, text: str) -> None:
        self._tokens = [
            (match.group(), match.start())
            for match in _TOKEN.finditer(text)
            if match.group("skip") is None
        ]
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._offsets: dict[FieldPath, int] = {}
        self._next = 0
        # A text that the parser refused has no whole tree: what was found so far will do.
        with suppress(IndexError, RecursionError):
            self._fields((), "")

    def at(self, path: FieldPath) -> tuple[int, int] | None:
        """The place of a field, else of the nearest message around it, else None."""
        for length in range(len(path), 0, -1):
            offset = self._offsets.get(path[:length])
            if offset is not None:
                line = bisect_right(self._starts, offset)
                return line, offset - self._starts[line - 1] + 1
        return None

    def _take(self) -> tuple[str, int]:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _fields(self, parent: FieldPath, closing: str) -> None:
        seen: Counter[str] = Counter()
        while self._next < len(self._tokens):
            name, offset = self._take()
            if name == closing:
                return
            if name in ",;":
                continue
            if self._tokens[self._next][0] == ":":
                self._next += 1
            if self._tokens[self._next][0] == "[":
                self._next += 1
                while self._tokens[self._next][0] != "]":
                    if self._tokens[self._next][0] == ",":
                        self._next += 1
                        continue
                    self._value(parent, name, seen, None)
                self._next += 1
            else:
                self._value(parent, name, seen, offset)

    def _value(self, parent: FieldPath, name: str, seen: Counter[str], offset: int | None) -> None:
        path = (*parent, name, seen[name])
        seen[name] += 1
        token, value_offset = self._take()
        closing = _CLOSING.get(token)
        if closing is not None:
            self._offsets[path] = value_offset if offset is None else offset
            self._fields(path, closing)
            return
        self._offsets[path] = value_offset
        if name == "key" and len(parent) >= 2:
            alias = (*parent[:-1], token.strip("\"'"))
            self._offsets[alias] = self._offsets[parent]
        while self._next < len(self._tokens) and self._tokens[self._next][0][0] in "\"'":
            self._next += 1
