"""The process behind ``inferctl local start``: ``python -m inferctl.localaws.process``."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from inferctl.localaws.app import LocalAws
from inferctl.localaws.log_lines import LineFormatter
from inferctl.localaws.server import AddressInUseError
from inferctl.localaws.source import source_digest
from inferctl.localaws.state import State, write_state

PORT_TAKEN = 3
CANNOT_WORK = 4

log = logging.getLogger("embedded AWS")


def main() -> int:
    """Run until SIGTERM, SIGINT or a shutdown request; status 3 or 4 if it cannot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(LineFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[output])
    # one line per client call and per request would bury what matters
    for noisy in ("botocore", "urllib3", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    directory: Path = arguments.directory
    started = datetime.now(UTC).isoformat(timespec="seconds")
    # before anything is imported late: what this process has loaded is this
    source = source_digest()
    try:
        aws = LocalAws(directory / "work", port=arguments.port)
        with aws:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: aws.stop_requested.set())
            write_state(State(os.getpid(), aws.port, aws.url, started, source), directory)
            log.info("listening on %s", aws.url)
            aws.stop_requested.wait()
            log.info("stopping")
            port, url = aws.port, aws.url
    except AddressInUseError as error:
        log.error("%s", error)
        return PORT_TAKEN
    except OSError as error:
        log.error("cannot work in %s: %s", directory, error)
        return CANNOT_WORK
    write_state(State(None, port, url, started), directory)
    return 0


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    # requests that never end hold threads of the front server; they must not hold the process
    os._exit(status)
