"""Processes end in time, with all they started, and say why they failed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from model_compiler.errors import CompilerError, InfrastructureError
from model_compiler.processes import Processes, peak_memory_bytes, tail


def _python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_all_that_was_written_comes_back_and_goes_to_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = "import sys; print('out'); print('err', file=sys.stderr)"

    finished = Processes(tmp_path, seconds=30).run(_python(program), name="p")

    assert sorted(finished.output.split()) == ["err", "out"]
    assert sorted(capsys.readouterr().out.split()) == ["err", "out"]
    assert finished.seconds > 0


def test_the_end_of_the_log_is_in_the_failure(tmp_path: Path) -> None:
    program = "import sys\nfor i in range(500): print('line', i)\nsys.exit(7)"

    with pytest.raises(CompilerError, match=r"^p ended with status 7; [^:]*: line 499 ") as caught:
        Processes(tmp_path, seconds=30).run(_python(program), name="p")

    assert "line 400" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_silent_failure_says_so(tmp_path: Path) -> None:
    with pytest.raises(CompilerError, match=r"\(nothing was written\)"):
        Processes(tmp_path, seconds=30).run(_python("raise SystemExit(1)"), name="p")


def test_the_time_is_that_of_all_processes_together(tmp_path: Path) -> None:
    processes = Processes(tmp_path, seconds=1)
    began = time.monotonic()

    with pytest.raises(CompilerError, match=r"p took longer than the 1 s .* slow"):
        for _ in range(3):
            processes.run(
                _python("import time; print('slow', flush=True); time.sleep(0.6)"), name="p"
            )

    assert time.monotonic() - began < 5


def test_what_a_process_started_ends_with_it(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid)"
    )

    finished = Processes(tmp_path, seconds=30).run(_python(program), name="p")

    child = int(finished.output)
    deadline = time.monotonic() + 5
    while _runs(child):
        assert time.monotonic() < deadline, f"process {child} goes on"
        time.sleep(0.02)


def _runs(process: int) -> bool:
    """Whether it is there and no zombie, which waits for whoever adopted it."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "lack of memory"),
        ("raise OSError('[Errno 28] No space left on device')", "the disk is full"),
    ],
)
def test_the_machines_limits_are_no_compiler_errors(
    tmp_path: Path, program: str, message: str
) -> None:
    with pytest.raises(InfrastructureError, match=message):
        Processes(tmp_path, seconds=30).run(_python(program), name="p")


def test_a_compiler_that_fails_on_a_full_disk_need_not_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 4096})
    monkeypatch.setattr("shutil.disk_usage", lambda _path: usage)

    with pytest.raises(InfrastructureError, match=r"the disk is full; .*serialization failed"):
        Processes(tmp_path, seconds=30).run(
            _python("raise SystemExit('serialization failed')"), name="p"
        )


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CompilerError, match="no-such-compiler is not in this image"):
        Processes(tmp_path, seconds=30).run(["no-such-compiler"], name="p")


def test_variables_are_added_to_the_environment(tmp_path: Path) -> None:
    program = "import os; print(os.environ['ONE'], os.environ['PATH'])"

    finished = Processes(tmp_path, seconds=30).run(
        _python(program), name="p", environment={"ONE": "1"}
    )

    assert finished.output.split(" ", 1) == ["1", f"{os.environ['PATH']}\n"]


def test_peak_memory_is_that_of_the_largest_child(tmp_path: Path) -> None:
    Processes(tmp_path, seconds=30).run(_python("x = bytearray(200_000_000)"), name="p")

    assert 200_000_000 < peak_memory_bytes() < 100_000_000_000


def test_a_tail_is_one_line_of_bounded_length(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\xff" + b"a" * 10_000 + b"\nlast\n")

    assert tail(log).startswith("last | ")
    assert len(tail(log)) < 1600
