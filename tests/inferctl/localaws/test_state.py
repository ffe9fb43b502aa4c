from __future__ import annotations

import os
from pathlib import Path

import pytest

from inferctl.localaws.app import LocalAws
from inferctl.localaws.state import State, read_state, running, running_url, write_state


def state(pid: int | None, port: int) -> State:
    return State(pid, port, f"http://localhost:{port}", "2026-01-01T00:00:00+00:00")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_state(state(12, 4566), tmp_path / "aws")

    assert read_state(tmp_path / "aws") == state(12, 4566)
    assert [path.name for path in (tmp_path / "aws").iterdir()] == ["state.json"]


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"pid": 1}', "null"])
def test_an_unreadable_file_is_no_state(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)

    assert read_state(tmp_path) is None
    assert running_url(tmp_path) is None


@pytest.mark.server
def test_only_the_process_that_wrote_it_runs(local_aws: LocalAws, tmp_path: Path) -> None:
    write_state(state(os.getpid(), local_aws.port), tmp_path)
    assert running_url(tmp_path) == local_aws.url

    # somebody else's embedded AWS has the port now
    write_state(state(os.getpid() + 1, local_aws.port), tmp_path)
    assert running(tmp_path) is None


def test_after_an_orderly_stop_nothing_runs(tmp_path: Path) -> None:
    write_state(state(None, 4566), tmp_path)

    assert running(tmp_path) is None
