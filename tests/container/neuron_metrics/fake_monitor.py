"""Stands for ``neuron-monitor``: writes what a test scripted, run by run.

``script.json`` beside it is a list of runs, each a list of steps: ``{"line": text}`` writes a line,
``{"text": text}`` one without its end, ``{"ignore_sigterm": true}`` makes it deaf,
``{"sleep": seconds}`` waits, ``{"exit": status}`` ends; the last run is repeated. Each start is
recorded in ``starts.jsonl`` with its process and the configuration it was given.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

folder = Path(__file__).resolve().parent
script = json.loads((folder / "script.json").read_text())
starts = folder / "starts.jsonl"
number = len(starts.read_text().splitlines()) if starts.exists() else 0
assert sys.argv[1] == "-c"
configuration = json.loads(Path(sys.argv[2]).read_text())
with starts.open("a") as record:
    record.write(json.dumps({"pid": os.getpid(), "configuration": configuration}) + "\n")
for step in script[min(number, len(script) - 1)]:
    if "ignore_sigterm" in step:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdout.write(step.get("text", ""))
    sys.stdout.write(step["line"] + "\n" if "line" in step else "")
    sys.stdout.flush()
    time.sleep(step.get("sleep", 0))
    if "exit" in step:
        sys.exit(step["exit"])
