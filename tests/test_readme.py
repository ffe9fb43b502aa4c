"""What the README shows is true of this tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inferctl.cli import COMMANDS
from stacks.config import PlatformFileError, load_platform

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_platform_of_the_readme_is_accepted(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```yaml\n(# yaml-language-server.+?)```", PAGES[0].read_text(), re.S)
    path = tmp_path / "search.yaml"
    path.write_text(shown)

    platform = load_platform(path, models_root=ROOT / "models")

    assert (platform.name, platform.fleet) == ("search", "search-models")


def test_the_cluster_of_the_neuron_page_is_accepted(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```yaml\n(cluster:.+?)```", _page("neuron-on-ecs"), re.S)
    path = tmp_path / "shown.yaml"
    path.write_text(f"platform: shown\nregion: us-east-1\n{shown}")

    cluster = load_platform(path, models_root=ROOT / "models").cluster

    assert cluster is not None
    assert [len(service.slots) for service in cluster.services] == [2]


def _page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text()


def test_the_refusal_of_the_readme_is_what_is_printed(tmp_path: Path) -> None:
    text = PAGES[0].read_text()
    (shown,) = re.findall(r"```yaml\n(# yaml-language-server.+?)```", text, re.S)
    path = tmp_path / "search.yaml"
    path.write_text(
        shown.replace("ml.g5.xlarge", "ml.g5.12xlarge").replace("target: 60", "target: 160")
    )

    with pytest.raises(PlatformFileError) as refused:
        load_platform(path, models_root=ROOT / "models")

    problems = [str(problem) for problem in refused.value.problems]
    assert len(problems) == 2
    for problem in problems:
        assert problem.replace(str(path), "platforms/search.yaml") in " ".join(text.split())


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = {
        target for page in PAGES for target in re.findall(r"`make ([a-z-]+)", page.read_text())
    }

    assert "up" in named
    assert named - targets == set()


def test_inferctl_commands_that_are_named_exist() -> None:
    named = {
        verb.replace("-", "_")
        for page in PAGES
        for verb in re.findall(r"inferctl ([a-z]+(?:-[a-z]+)*)\b", page.read_text())
    }

    assert {"invoke", "bench"} <= named
    assert named - set(COMMANDS) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([\w./-]+\.\w+)", page.read_text())
    local = [link for link in links if "://" not in link]

    assert [link for link in local if not (page.parent / link).exists()] == []
