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
from inferctl.localaws.server import AddressInUseError
from inferctl.localaws.state import State, write_state

PORT_TAKEN = 3


def main() -> int:
    """Run until SIGTERM, SIGINT or a shutdown request; status 3 if the port is taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    # one line per client call and per request would bury what matters
    for noisy in ("botocore", "urllib3", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    directory: Path = arguments.directory
    started = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        aws = LocalAws(directory / "work", port=arguments.port)
        with aws:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: aws.stop_requested.set())
            write_state(State(os.getpid(), aws.port, aws.url, started), directory)
            logging.info("listening on %s", aws.url)
            aws.stop_requested.wait()
            logging.info("stopping")
            port, url = aws.port, aws.url
    except AddressInUseError as error:
        logging.error("%s", error)
        return PORT_TAKEN
    write_state(State(None, port, url, started), directory)
    return 0


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    # requests that never end hold threads of the front server; they must not hold the process
    os._exit(status)
