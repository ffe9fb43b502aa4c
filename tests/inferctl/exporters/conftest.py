"""A cache of its own for every test, and progress that is thrown away."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root in place of the checkout, so that caches lie below it."""
    monkeypatch.setattr("model_folders.locations.REPOSITORY_ROOT", tmp_path)
    return tmp_path
