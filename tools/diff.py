"""What two commits deploy differently, as Markdown: ``make diff BASE=<commit>``.

Synthesizes every platform of BASE (in a git worktree below ``.cache``) and of this tree, then lets
the stock ``cdk diff --template`` compare stack by stack. No AWS call is made.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from inferctl.environment import CACHE, PYTHON, ROOT, environment

BASE_TREE = CACHE / "diff" / "base"
# GitHub refuses comments above 65,536 characters
COMMENT_LIMIT = 60_000


class DiffFailedError(Exception):
    """A commit could not be checked out or synthesized; the message says which and why."""


def command(arguments: list[str], *, cwd: Path, variables: Mapping[str, str]) -> str:
    """Run and return standard output; raises `DiffFailedError` with the end of what it said."""
    done = subprocess.run(
        arguments,
        cwd=cwd,
        env={**environment(), "CDK_VALIDATION": "false", "NO_COLOR": "1", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DiffFailedError(f"`{' '.join(arguments)}` failed:\n{done.stdout[-3000:]}")
    return done.stdout


def synthesize(tree: Path, platform: str, out: Path) -> dict[str, Path]:
    """The templates of one platform of one tree, by stack name."""
    shutil.rmtree(out, ignore_errors=True)
    roots = os.pathsep.join(str(tree / name) for name in (".", "constructs", "lambda"))
    synth = ["cdk", "synth", "--quiet", "--context", f"platform={platform}", "--output", str(out)]
    # PYTHONPATH precedes the installed project, so each tree imports its own packages
    app = f"HOME={CACHE / 'home'} {PYTHON} app.py"
    command([*synth, "--app", app], cwd=tree, variables={"PYTHONPATH": roots})
    return {path.name.removesuffix(".template.json"): path for path in out.glob("*.template.json")}


def forget_base() -> None:
    """Remove the worktree and what git noted about it."""
    shutil.rmtree(BASE_TREE, ignore_errors=True)
    command(["git", "worktree", "prune"], cwd=ROOT, variables={})


def checkout(revision: str) -> None:
    """Put BASE's files into `BASE_TREE`, without touching this tree."""
    forget_base()
    add = ["git", "worktree", "add", "--force", "--detach", str(BASE_TREE), revision]
    command(add, cwd=ROOT, variables={})


def compare(platform: str, out: Path) -> list[str]:
    """The paragraphs of one platform: each stack added, removed or changed."""
    before: dict[str, Path] = {}
    if (BASE_TREE / "platforms" / f"{platform}.yaml").exists():
        before = synthesize(BASE_TREE, platform, out / "before")
    after = synthesize(ROOT, platform, out / "after")
    paragraphs = [f"- **{stack}**: removed" for stack in sorted(before.keys() - after.keys())]
    for stack in sorted(after):
        if stack not in before:
            paragraphs.append(f"- **{stack}**: new")
            continue
        if before[stack].read_bytes() == after[stack].read_bytes():
            continue
        diff = [
            "cdk",
            "diff",
            stack,
            "--exclusively",
            "--app",
            str(out / "after"),
            "--template",
            str(before[stack]),
        ]
        text = command(diff, cwd=ROOT, variables={})
        paragraphs.append(f"- **{stack}**: changed\n\n```\n{text.strip()}\n```")
    return paragraphs


def main() -> int:
    """Print the comment; exit status 1 when a side cannot be synthesized, 2 without a BASE."""
    if len(sys.argv) != 2:
        print("usage: make diff BASE=<commit>", file=sys.stderr)
        return 2
    try:
        checkout(sys.argv[1])
        lines = [f"### What this changes against `{sys.argv[1][:12]}`", ""]
        for path in sorted((ROOT / "platforms").glob("*.yaml")):
            changes = compare(path.stem, CACHE / "diff" / path.stem)
            lines += [f"#### platform {path.stem}", "", *(changes or ["no change"]), ""]
    except DiffFailedError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        forget_base()
    text = "\n".join(lines)
    if len(text) > COMMENT_LIMIT:
        text = text[:COMMENT_LIMIT] + "\n```\n\n(cut; run `make diff` for the rest)"
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
