"""Which code an embedded AWS runs: parts of it are imported late; all must be of one release."""

from __future__ import annotations

import hashlib
from pathlib import Path

from inferctl.environment import ROOT
from inferctl.localaws.state import State

_FOLDERS = ("inferctl/localaws", "lambda/cfn_resource")


def source_digest(root: Path = ROOT) -> str:
    """Of the names and the text of the embedded AWS's own modules."""
    digest = hashlib.sha256()
    for folder in _FOLDERS:
        for file in sorted((root / folder).rglob("*.py")):
            digest.update(f"{file.relative_to(root)}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def outdated(state: State) -> str | None:
    """What to say of a process that runs other code than this checkout has; None if it does not."""
    if state.source == source_digest():
        return None
    return (
        f"the embedded AWS (pid {state.pid}, started {state.started_at}) runs the code of an older"
        " checkout; `inferctl local stop` ends it and all that is deployed on it, and the next"
        " start has this one"
    )
