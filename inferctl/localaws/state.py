"""``state.json``: where the embedded AWS of this checkout listens, and whether it still does."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

from inferctl.environment import LOCAL

DIRECTORY = LOCAL / "aws"
_PING_SECONDS = 5


@dataclass(frozen=True)
class State:
    """``pid`` is None after an orderly stop; the port is kept for the next start.

    ``source`` is the `source_digest` of the process's code, None for that of an older release.
    """

    pid: int | None
    port: int
    url: str
    started_at: str
    source: str | None = None


def read_state(directory: Path = DIRECTORY) -> State | None:
    """What was written last; None if there is nothing readable."""
    try:
        fields = json.loads((directory / "state.json").read_text())
        known = {name: fields[name] for name in ("pid", "port", "url", "started_at")}
        return State(**known, source=fields.get("source"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_state(state: State, directory: Path = DIRECTORY) -> None:
    """Replace the file in one step."""
    directory.mkdir(parents=True, exist_ok=True)
    partial = directory / f"state.json.{os.getpid()}"
    partial.write_text(json.dumps(asdict(state), indent=2) + "\n")
    partial.replace(directory / "state.json")


def answers(state: State) -> bool:
    """Whether the process that wrote ``state`` answers there; a reused pid or port is not it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        url = f"http://127.0.0.1:{state.port}/_localaws/ping"
        with opener.open(url, timeout=_PING_SECONDS) as response:
            return bool(json.load(response).get("pid") == state.pid)
    except (OSError, ValueError, AttributeError, urllib.error.URLError):
        return False


def running(directory: Path = DIRECTORY) -> State | None:
    """The state of an embedded AWS that is up and answers, else None."""
    state = read_state(directory)
    if state is None or state.pid is None or not answers(state):
        return None
    return state


def running_url(directory: Path = DIRECTORY) -> str | None:
    """Its address, ``http://localhost:<port>``; None if it is not running."""
    state = running(directory)
    return state.url if state is not None else None
