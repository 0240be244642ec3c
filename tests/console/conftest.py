"""The console as a browser meets it: real pages of a real server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.local_server import LocalServer

PASSWORD = "correct horse battery"
HEARTBEAT_S = 1.0

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium).")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    """A server on an empty folder. Browsers trust `localhost`, and sign in without TLS."""
    with LocalServer(tmp_path / "data", heartbeat_seconds=HEARTBEAT_S, grace_seconds=10) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def page(request: pytest.FixtureRequest, chromium: Any, server: LocalServer) -> Iterator[Any]:
    """A page of a fresh browser, with and without scripts. A request to another host, or a script that fails, fails."""
    context = chromium.new_context(java_script_enabled=request.param, base_url=local(server.url))
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "request",
        lambda sent: None if sent.url.startswith((local(server.url), "data:")) else faults.append(sent.url),
    )
    opened.set_default_timeout(20_000)
    yield opened
    context.close()
    assert faults == []


def local(url: str) -> str:
    """The server's address by the name that browsers trust."""
    return url.replace("127.0.0.1", "localhost")


def set_up(page: Any, server: LocalServer, email: str = "ada@example.com") -> None:
    """Follow the first link."""
    assert server.setup_url is not None
    page.goto(local(server.setup_url))
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/developer/api-keys")


def create_key(page: Any, name: str = "prod-server") -> str:
    """Create a key, and return it."""
    page.get_by_role("button", name="Create new key").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create key").click()
    key: str = page.get_by_label("Your new key").input_value()
    return key
