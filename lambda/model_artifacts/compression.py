"""gzip at the speed of the network: Intel ISA-L where it is installed, else zlib at level 1.

ISA-L's level 1 measured 20 times gzip -6 per CPU second on weights, and a slightly better
ratio (`benchmarks/archive.py` measures it again); its level 0 makes weights bigger.
"""

from __future__ import annotations

import gzip
from contextlib import suppress
from typing import Final, Protocol, cast

_LEVEL: Final = 1
_gzip_file: type[gzip.GzipFile] = gzip.GzipFile
# handlers in the cloud carry nothing but our own packages
with suppress(ImportError):
    from isal import igzip

    _gzip_file = igzip.IGzipFile


class ByteSink(Protocol):
    """Takes bytes in order; what `write` returns is not looked at."""

    def write(self, data: bytes, /) -> object: ...


def gzip_writer(sink: ByteSink) -> gzip.GzipFile:
    """A gzip file over ``sink``, which stays open; its header has no name and no time."""
    target = cast("gzip.GzipFile", sink)
    return _gzip_file(filename="", mode="wb", compresslevel=_LEVEL, fileobj=target, mtime=0)
