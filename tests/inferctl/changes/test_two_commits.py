"""The whole command in a clone with two commits: each side synthesized from its own files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from inferctl.changes import synthesis
from inferctl.changes.synthesis import synthesize_both
from inferctl.changes.trees import Commit, DiffFailedError, changed_paths, find_commit, is_read_by
from inferctl.commands import diff
from tests.support.verbs import run_verb

ROOT = Path(__file__).resolve().parents[3]
_BARE = """platform: {name}
region: us-east-1
network:
  nat_gateways: {gateways}
"""


def git(clone: Path, *arguments: str) -> None:
    """Run git there as nobody in particular."""
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *who, *arguments], cwd=clone, check=True, capture_output=True)


def commit(clone: Path, files: dict[str, str | None], message: str) -> None:
    """Write or remove files and commit them."""
    for name, text in files.items():
        if text is None:
            (clone / name).unlink()
        else:
            (clone / name).write_text(text)
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", message)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """This tree as it is now, uncommitted files included, in a repository of two commits."""
    folder = tmp_path_factory.mktemp("clone") / "tree"
    subprocess.run(
        ["git", "clone", "--quiet", "--shared", str(ROOT), str(folder)],
        check=True,
        capture_output=True,
    )
    _bring_up_to_date(folder)
    old = sorted((folder / "platforms").glob("*.yaml"))
    commit(
        folder,
        {
            **{f"platforms/{path.name}": None for path in old},
            "platforms/bare.yaml": _BARE.format(name="bare", gateways=1),
            "platforms/going.yaml": _BARE.format(name="going", gateways=1),
            "docs/limits.md": "first\n",
        },
        "first",
    )
    commit(
        folder,
        {
            "platforms/bare.yaml": _BARE.format(name="bare", gateways=2),
            "platforms/going.yaml": None,
            "platforms/coming.yaml": _BARE.format(name="coming", gateways=1),
            "docs/limits.md": "second\n",
        },
        "second",
    )
    yield folder


def _bring_up_to_date(folder: Path) -> None:
    """A test of uncommitted work needs its files, and those alone."""
    head = find_commit(ROOT, "HEAD")
    for name in sorted(changed_paths(ROOT, head)):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode)
        elif target.exists():
            target.unlink()


@pytest.fixture
def here(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command in the clone, with a cache of its own."""
    monkeypatch.setattr(diff, "ROOT", clone)
    monkeypatch.setattr(diff, "CACHE", tmp_path)
    return clone


def test_pull_request_is_judged_by_both_sides_own_files(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    comment = tmp_path / "comment.md"
    state = subprocess.check_output(["git", "worktree", "list"], cwd=here)

    status = run_verb("diff", "HEAD~1", "--markdown", str(comment), "--fail-on", "cost=10%")

    out, err = capsys.readouterr()
    assert (status, err) == (1, "")
    assert "going: the platform is defined no more" in out
    assert "coming: new platform, 1 stacks" in out
    assert "bare: " in out and "updated" in out
    assert "gate cost: platform bare costs" in out
    assert comment.read_text().startswith("### What this deploys differently than `HEAD~1 (")
    assert subprocess.check_output(["git", "worktree", "list"], cwd=here) == state

    # warm: the base is not synthesized again, nor what this tree reads as before
    def never(*_: object) -> None:
        raise AssertionError("synthesized again")

    monkeypatch.setattr(synthesis, "export", never)
    assert run_verb("diff", "HEAD~1", "--platform", "bare") == 0
    assert "bare: " in capsys.readouterr().out


def test_clean_tree_is_not_synthesized_at_all(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = find_commit(here, "HEAD")
    trees: list[Path] = []

    def count(tree: Path, _name: str, out: Path, _whose: str) -> None:
        trees.append(tree)
        out.mkdir()
        (out / "manifest.json").write_text('{"artifacts": {}}')

    monkeypatch.setattr(synthesis, "_synthesize", count)

    sides = synthesize_both(here, base, ["bare"], cache=tmp_path)

    assert sides["bare"].skipped and sides["bare"].before is sides["bare"].after
    assert [tree.name for tree in trees] == ["tree"] and trees[0] != here


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-commit"], "BASE must be a commit that is there, got 'no-such-commit'"),
        (["--", "--output=x"], "BASE must be a commit that is there"),
        (["HEAD", "--platform", "prd"], "--platform must be one of bare, coming, got prd"),
        (["HEAD", "--fail-on", "iamm"], "did you mean iam?"),
        (["HEAD", *["--report", "x.json"] * 3], "one or two reports say a cost, got 3"),
    ],
)
def test_bad_input_is_status_2_and_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: Sequence[str], message: str
) -> None:
    assert here.exists() and run_verb("diff", *arguments) == 2

    out, err = capsys.readouterr()
    assert out == "" and message in err and "Traceback" not in err


def test_edit_during_synthesis_is_told_and_not_kept(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = here / "platforms" / "bare.yaml"
    text = edited.read_text()

    def edit(tree: Path, _name: str, out: Path, _whose: str) -> None:
        out.mkdir()
        (out / "manifest.json").write_text('{"artifacts": {}}')
        if tree == here:
            edited.write_text(f"{text}# second edit\n")

    monkeypatch.setattr(synthesis, "_synthesize", edit)
    edited.write_text(f"{text}# first edit\n")
    try:
        sides = synthesize_both(here, find_commit(here, "HEAD"), ["bare"], cache=tmp_path)
    finally:
        edited.write_text(text)

    assert sides["bare"].edited
    assert not [*tmp_path.glob("*/bare.*")]


def test_commit_of_another_layout_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(here, {"pyproject.toml": "[project]\nname = 'old'\n"}, "another layout")
    try:
        status = run_verb("diff", "HEAD", "--platform", "bare")
    finally:
        git(here, "reset", "--hard", "--quiet", "HEAD~1")

    _, err = capsys.readouterr()
    assert status == 1
    assert err.startswith("pyproject.toml of HEAD (") and "Traceback" not in err


def test_wrong_platform_file_is_told_with_its_platform(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = here / "platforms" / "wrong.yaml"
    wrong.write_text("platform: wrong\nregion: nowhere\n")
    try:
        status = run_verb("diff", "HEAD", "--platform", "wrong")
    finally:
        wrong.unlink()

    _, err = capsys.readouterr()
    assert status == 2
    assert "platform wrong of this tree cannot be synthesized" in err and "nowhere" in err


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("docs/limits.md", False),
        ("tests/test_layout.py", False),
        ("inferctl/output.py", False),
        ("platforms/dev.yaml", False),
        ("platforms/prod.yaml", True),
        ("models/minilm/model.yaml", True),
        ("container/load_client/load_client/cost.py", True),
        ("requirements.txt", True),
        ("cdk.json", True),
        ("anything-new", True),
    ],
)
def test_platform_is_skipped_only_where_that_is_certain(path: str, read: bool) -> None:
    assert is_read_by("prod", path) is read


def test_git_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(DiffFailedError, match="git must be installed"):
        changed_paths(ROOT, Commit(id="0" * 40, name="HEAD"))


def test_git_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(DiffFailedError, match=r"[Nn]ot a git repository"):
        changed_paths(tmp_path, find_commit(ROOT, "HEAD"))
