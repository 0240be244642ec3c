"""CONTRIBUTING.md, SECURITY.md and the glossary name what is there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
PATHS = sorted(set(re.findall(r"`((?:src|tests|tools|docs|ecosystem|\.github|\.ci)/[^`*… ]*)`", CONTRIBUTING)))


@pytest.mark.parametrize("path", PATHS)
def test_each_file_that_a_contributor_is_sent_to_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_table_of_targets_is_what_make_help_prints() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    printed = set(re.findall(r"^ +make (\S+)", done.stdout, re.MULTILINE)) - {"help"}
    assert set(re.findall(r"^\| `([a-z-]+)` \|", CONTRIBUTING, re.MULTILINE)) == printed


@pytest.mark.parametrize("name", ["OPERATIONS", "COMMANDS", "Developer", "World", "LocalServer", "SpeechSynthesizer"])
def test_each_name_that_a_contributor_is_sent_to_is_there(name: str) -> None:
    assert f"`{name}`" in CONTRIBUTING
    files = (ROOT / path for path in PATHS if path.endswith(".py"))
    assert any(re.search(rf"^(class )?{name}\b", file.read_text(), re.MULTILINE) for file in files)


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md"])
def test_every_link_to_a_file_leads_to_one(page: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", (ROOT / page).read_text())
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_the_supported_version_is_this_one() -> None:
    version = re.search(r'^version = "(\d+\.\d+)', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert f"minor version ({version[1]})" in (ROOT / "SECURITY.md").read_text()


def test_the_glossary_has_each_word_once_in_order() -> None:
    for section in (ROOT / "docs" / "glossary.md").read_text().split("\n## ")[1:]:
        words = [word.strip("`. ").lower() for word in re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)[1:]]
        words = [word for word in words if not word.startswith("-")]
        assert words == sorted(set(words)), section.splitlines()[0]
