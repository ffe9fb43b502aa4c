"""No job outlives the embedded AWS, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from inferctl.environment import ROOT

from .conftest import eventually

# a process of its own: this one must survive what happens to it
_PROGRAM = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import World, known_image, vpc_settings
from inferctl.localaws.app import LocalAws
from inferctl.localaws.batch.service import Batch

folder = Path(sys.argv[2])
part = Batch(folder / "batch", images=known_image)
with LocalAws(folder / "aws", batch=part) as aws:
    world = World(aws, part, vpc_settings(aws))
    world.queue = world.make_queue(world.make_environment())
    source = f'''
import os, subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
open({str(folder / "pids")!r}, "w").write(f"{{os.getpid()}} {{other.pid}}\\\\n")
time.sleep(300)
'''
    world.submit(world.define(source))
    sys.stdin.readline()
"""


@pytest.mark.server
@pytest.mark.parametrize("how", ["in order", "killed"])
def test_jobs_end_with_the_embedded_aws(tmp_path: Path, how: str) -> None:
    here = str(Path(__file__).parent)
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, here, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE
    )
    written = tmp_path / "pids"
    eventually(lambda: written.exists() and written.read_text().endswith("\n"), seconds=60)
    pids = [int(pid) for pid in written.read_text().split()]
    assert all(_alive(pid) for pid in pids)

    if how == "killed":
        process.send_signal(signal.SIGKILL)
    process.communicate(b"\n", timeout=60)

    eventually(lambda: not any(_alive(pid) for pid in pids))
    if how == "in order":
        assert list((tmp_path / "batch").iterdir()) == []


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False
