from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from inferctl.localaws.lambda_runtime import FunctionSpec
from inferctl.localaws.lambda_runtime.code import BadArchiveError, unpack


def test_the_same_code_is_unpacked_once(
    function: Callable[..., FunctionSpec], work_dir: Path
) -> None:
    spec = function("x = 1")
    first = unpack(spec, work_dir)
    (first / "mark").touch()

    again = unpack(spec, work_dir)

    assert again == first
    assert (again / "mark").exists()
    assert [path.name for path in work_dir.iterdir()] == [spec.code_sha256]


def test_modes_survive(function: Callable[..., FunctionSpec], work_dir: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("bin/tool")
        info.external_attr = (stat.S_IFREG | 0o755) << 16
        archive.writestr(info, "#!/bin/sh")

    root = unpack(function(code=buffer.getvalue()), work_dir)

    assert (root / "bin" / "tool").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", ["../outside", "/absolute", "a/../../outside"])
def test_nothing_is_written_outside(
    function: Callable[..., FunctionSpec], work_dir: Path, name: str
) -> None:
    with pytest.raises(BadArchiveError, match="outside the function's folder"):
        unpack(function(files={name: "x"}), work_dir)

    assert list(work_dir.iterdir()) == []
