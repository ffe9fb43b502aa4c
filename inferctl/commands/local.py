"""``inferctl local``: the embedded AWS of this checkout, as a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import urllib.error
import urllib.request
from collections import deque
from pathlib import Path
from typing import Any

from inferctl.commands._cluster_status import print_cluster
from inferctl.localaws.daemon import DaemonError, log_file, start, stop
from inferctl.localaws.source import outdated
from inferctl.localaws.state import DIRECTORY, State, running
from inferctl.output import console, errors, step, table

_STATUS_SECONDS = 30


def add_parser(verbs: Any) -> None:
    """``inferctl local start|stop|status|logs``."""
    local: argparse.ArgumentParser = verbs.add_parser(
        "local", help="start, stop and look at the embedded AWS", description=__doc__
    )
    actions = local.add_subparsers(dest="action", required=True, metavar="ACTION")
    begin = actions.add_parser("start", help="start it, unless it runs already")
    begin.add_argument("--port", type=int, help="default: the last one, or a free one")
    begin.set_defaults(run=_start)
    end = actions.add_parser("stop", help="stop it and everything it runs")
    end.add_argument("--timeout", type=float, default=20, help="seconds before it is killed")
    end.set_defaults(run=_stop)
    status = actions.add_parser("status", help="stacks, functions, loaded models, clusters")
    status.add_argument("--json", action="store_true", help="all of it, as JSON")
    status.set_defaults(run=_status)
    logs = actions.add_parser("logs", help="what it and its Lambda functions said")
    logs.add_argument("--lines", type=int, default=100, help="from the end; 0 for all")
    logs.set_defaults(run=_logs)
    for parser in (begin, end, status, logs):
        parser.add_argument("--directory", type=Path, default=DIRECTORY, help=argparse.SUPPRESS)


def _start(arguments: argparse.Namespace) -> int:
    """Exit status 0 it runs, 1 it does not."""
    directory: Path = arguments.directory
    already = running(directory)
    try:
        with step("embedded AWS") as progress:
            state = start(port=arguments.port, directory=directory, on_progress=progress.update)
            progress.update(f"{state.url}{'  (running already)' if already else ''}")
        if already and (older := outdated(state)) is not None:
            console.print(older, style="dim", markup=False)
    except (DaemonError, OSError) as error:
        errors.print(str(error), markup=False)
        return 1
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    """Exit status 0 it does not run any more, 1 it cannot be stopped."""
    try:
        stopped = stop(directory=arguments.directory, timeout=arguments.timeout)
    except (DaemonError, OSError) as error:
        errors.print(str(error), markup=False)
        return 1
    console.print("stopped" if stopped else "the embedded AWS was not running")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    """Exit status 0 it runs, 1 it does not, or it is another release that this one cannot read."""
    state = running(arguments.directory)
    if state is None:
        errors.print("the embedded AWS is not running; start it with `inferctl local start`")
        return 1
    older = outdated(state)
    try:
        status = _ask(state)
    except (OSError, ValueError, urllib.error.URLError) as error:
        errors.print(older or f"the embedded AWS does not answer: {error}", markup=False)
        return 1
    if arguments.json:
        print(json.dumps(status, indent=2))
        return 0
    try:
        _print_status(status)
    except (KeyError, TypeError, AttributeError, ValueError):
        # another release says other things
        if older is None:
            raise
        errors.print(older, markup=False)
        return 1
    if older is not None:
        console.print(older, style="dim", markup=False)
    return 0


def _logs(arguments: argparse.Namespace) -> int:
    """Exit status 0 there is a log, 1 there is none."""
    path = log_file(arguments.directory)
    try:
        with path.open(errors="replace") as log:
            for line in deque(log, maxlen=arguments.lines or None):
                print(line, end="")
    except FileNotFoundError:
        errors.print(f"no log yet: {os.path.relpath(path)}", markup=False)
        return 1
    return 0


def _ask(state: State) -> dict[str, Any]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = f"http://127.0.0.1:{state.port}/_localaws/status"
    with opener.open(url, timeout=_STATUS_SECONDS) as response:
        status: dict[str, Any] = json.load(response)
    return status


def _print_status(status: dict[str, Any]) -> None:
    minutes, seconds = divmod(int(status["uptime_seconds"]), 60)
    console.print(
        f"embedded AWS  {status['url']}  up {minutes} min {seconds} s  pid {status['pid']}",
        markup=False,
    )
    stacks = [
        (name, stack["region"], stack["status"], str(stack["resources"]))
        for name, stack in sorted(status["stacks"].items())
    ]
    if stacks:
        console.print(table(("stack", "region", "status", "resources>"), stacks))
    functions = [
        (
            one["arn"].rpartition(":function:")[2],
            *(str(one[key]) for key in ("invocations", "failures", "workers")),
        )
        for one in status["functions"]
    ]
    if functions:
        console.print(table(("function", "invocations>", "failures>", "sandboxes>"), functions))
    for name, endpoint in sorted(status["serving"].items()):
        _print_endpoint(name, endpoint)
    # what another release of it answers may have none
    clusters = status.get("clusters", [])
    for cluster in clusters:
        print_cluster(cluster)
    if not (stacks or functions or status["serving"] or clusters):
        console.print("nothing is deployed")


def _print_endpoint(name: str, endpoint: dict[str, Any]) -> None:
    counts = ("hits", "misses", "evictions", "downloads", "restarts")
    said = "  ".join(f"{key} {endpoint[key]}" for key in counts if key in endpoint)
    models = [
        (
            model["target_model"],
            f"{model['bytes'] / 2**20:.0f} MiB",
            f"{model['load_seconds']:.2f} s",
            f"{model['seconds_since_use']:.0f} s ago",
        )
        for model in endpoint.get("models", [])
    ]
    title = f"endpoint {name}  {said}"
    if models:
        columns = ("loaded model", "memory>", "load>", "last used>")
        console.print(table(columns, models, title=title))
    else:
        console.print(f"{title}  no model is loaded", markup=False)
