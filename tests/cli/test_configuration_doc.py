"""docs/configuration.md says what is."""

import re
from pathlib import Path

import pytest

import bithuman.cli.checks
from bithuman.client import credentials
from bithuman.service.settings import ENV_PREFIX, Settings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
_ROW = re.compile(r"^\| `(BITHUMAN_\w+)` \| (?:`([^`]*)`|–) \|", re.MULTILINE)


@pytest.fixture
def page() -> str:
    return PAGE.read_text()


def _as_written(value: object) -> str:
    if value is None or value == "":
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value).replace(str(Path.home()), "~")


def test_the_servers_table_is_the_servers_settings(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    settings = {
        ENV_PREFIX + name.upper(): _as_written(field.get_default(call_default_factory=True))
        for name, field in Settings.model_fields.items()
    }
    assert dict(_ROW.findall(page)) == settings


def test_every_variable_of_programs_is_there(page: str) -> None:
    programs = page.partition("## Programs")[2]
    named = set(re.findall(r"^\| `(BITHUMAN_\w+)` \|", programs, re.MULTILINE))
    constants = {credentials.PRIMARY, credentials.ALIAS, credentials.READY_MADE, credentials.API_URL}
    assert named == constants | {bithuman.cli.checks.BRAIN}
