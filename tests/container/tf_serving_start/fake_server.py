"""A model server that records how it was started and then does what FAKE_ACTION says."""

import json
import os
import signal
import sys
import time
from pathlib import Path

with Path(os.environ["FAKE_RECORD"]).open("a") as record:
    line = {
        "arguments": sys.argv[1:],
        "pid": os.getpid(),
        "metadata": sorted(name for name in os.environ if name.startswith("ECS_")),
    }
    record.write(json.dumps(line) + "\n")

action, _, number = os.environ.get("FAKE_ACTION", "exit 0").partition(" ")
if action == "exit":
    sys.exit(int(number))
if action == "trap":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(int(number)))
time.sleep(60)
