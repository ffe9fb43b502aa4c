"""Memory of the load client over a long run against a trivial server, ten minutes by default.

Exit status 1 when a call failed or the process grew by 2 MB or more after the first tenth.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from pathlib import Path

from benchmarks.trivial_server import INPUTS, running_server
from load_client.engine import measure
from load_client.http_connection import HttpPlace
from load_client.recorder import Progress
from load_client.shapes import LoadShape
from load_client.v2_http import V2Http

GROWTH_BAR_MB = 2.0


def soak(minutes: float) -> int:
    """Run for long and watch the memory of this process; the exit status."""
    seconds = minutes * 60
    sizes: list[float] = []

    def watch(progress: Progress) -> None:
        if progress.elapsed_seconds > 0.1 * seconds:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            sizes.append(pages * resource.getpagesize() / 1e6)

    with running_server(sorted(os.sched_getaffinity(0))) as (port, _):
        target = V2Http(place=HttpPlace(host="127.0.0.1", port=port), model="m")
        shape = LoadShape(seconds=seconds, concurrency=4)
        found = measure(target, target.encode(INPUTS), shape, progress=watch)
    growth = max(sizes) - sizes[0]
    print(
        f"{minutes:g} minutes, {found.recorder.histogram.count:,} calls,"
        f" {found.recorder.errors.total()} failed: {sizes[0]:.1f} MB after a tenth, at most"
        f" {growth:.1f} MB more later (below {GROWTH_BAR_MB})"
    )
    return 0 if growth < GROWTH_BAR_MB and not found.recorder.errors else 1


def main() -> int:
    """Run the benchmark; the exit status says whether the bar holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    return soak(parser.parse_args().minutes)


if __name__ == "__main__":
    sys.exit(main())
