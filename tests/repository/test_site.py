"""The documentation site's reference has every public name."""

import re
from pathlib import Path

import yaml

import bithuman

ROOT = Path(__file__).parents[2]


def test_the_reference_has_each_public_name_once() -> None:
    names = re.findall(r"^::: bithuman\.(\w+)$", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)
    assert sorted(names) == sorted({*bithuman.__all__, "open"} - {"__version__"})


def test_the_start_page_leads_to_every_page() -> None:
    links = set(re.findall(r"\]\((\w[\w-]*\.md)\)", (ROOT / "docs" / "index.md").read_text()))
    assert links == {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}


def test_a_broken_link_fails_and_no_font_is_fetched() -> None:
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    assert site["strict"] is True
    assert site["theme"]["font"] is False
