"""A writer of small model folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

MODEL_YAML = """\
description: a test model
licence: MIT
builds:
  laptop:
    targets: [cpu]
    overlays: [repository]
    precision: fp32
"""
WriteModel = Callable[..., Path]


@pytest.fixture
def write_model(tmp_path: Path) -> WriteModel:
    """Write models/<name> with the given model.yaml and files, by path; returns the folder."""

    def write(
        name: str = "small", *, yaml: str = MODEL_YAML, files: Mapping[str, bytes] | None = None
    ) -> Path:
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / "model.yaml").write_text(yaml, encoding="utf-8")
        contents = {"repository/m/config.pbtxt": b"name: 'm'"} if files is None else files
        for path, body in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(body)
        return folder

    return write
