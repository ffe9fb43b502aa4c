from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from inferctl.toolchain.wheels import PinnedWheel, ToolchainError, fetch_wheel

CONTENT = b"a wheel"
WHEEL = PinnedWheel(
    project="some-project",
    version="1.0",
    filename="some_project-1.0-py3-none-any.whl",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


class FakePip:
    """Stands in for `subprocess.run`; stores what the index would give."""

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.commands: list[list[str]] = []
        self.requirements = ""

    def __call__(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        del options
        self.commands.append(command)
        self.requirements = Path(command[-1]).read_text()
        if self.content is None:
            return subprocess.CompletedProcess(command, 1, "", "hashes do not match")
        folder = Path(command[command.index("--dest") + 1])
        (folder / WHEEL.filename).write_bytes(self.content)
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> FakePip:
    fake = FakePip(CONTENT)
    monkeypatch.setattr(subprocess, "run", fake)
    return fake


def test_a_missing_wheel_is_downloaded_by_hash_and_alone(pip: FakePip, tmp_path: Path) -> None:
    messages: list[str] = []

    path = fetch_wheel(WHEEL, tmp_path / "wheels", progress=messages.append)

    assert path.read_bytes() == CONTENT
    assert pip.requirements == f"some-project==1.0 --hash=sha256:{WHEEL.sha256}\n"
    assert {"--no-deps", "--require-hashes", "--only-binary=:all:"} <= set(pip.commands[0])
    assert messages == ["downloading some-project 1.0"]
    assert list(path.parent.iterdir()) == [path]


def test_a_wheel_in_place_is_not_downloaded(pip: FakePip, tmp_path: Path) -> None:
    (tmp_path / WHEEL.filename).write_bytes(CONTENT)

    fetch_wheel(WHEEL, tmp_path)

    assert pip.commands == []


def test_a_wheel_with_other_content_is_downloaded_again(pip: FakePip, tmp_path: Path) -> None:
    (tmp_path / WHEEL.filename).write_bytes(b"half a wh")

    assert fetch_wheel(WHEEL, tmp_path).read_bytes() == CONTENT
    assert len(pip.commands) == 1


def test_a_failed_download_says_what_pip_said_and_leaves_nothing(
    pip: FakePip, tmp_path: Path
) -> None:
    pip.content = None

    with pytest.raises(
        ToolchainError, match=r"could not download some_project-1\.0.*hashes do not"
    ):
        fetch_wheel(WHEEL, tmp_path)

    assert list(tmp_path.iterdir()) == []
