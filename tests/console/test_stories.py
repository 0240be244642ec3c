"""What people do in the console, in a real browser on the real server."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from bithuman import AsyncBithuman
from tests.console.conftest import PASSWORD, create_key, local, needs_browser, set_up
from tools.local_server import LocalServer

pytestmark = needs_browser


def is_valid(server: LocalServer, key: str) -> bool:
    answer = httpx.post(f"{server.url}/v1/validate", headers={"api-secret": key}, trust_env=False)
    valid: bool = answer.json()["valid"]
    return valid


def test_from_the_first_link_to_a_key_that_works(page: Any, server: LocalServer) -> None:
    set_up(page, server)
    assert page.title() == "API Keys · Avatar platform"
    key = create_key(page)
    expect(page.get_by_text("You won't be able to view it again")).to_be_visible()
    assert is_valid(server, key)
    page.get_by_role("button", name="Verify it now").click()
    expect(page.get_by_text("The key works")).to_be_visible()
    page.get_by_role("link", name="Back to API Keys").click()
    expect(page.get_by_role("row", name="prod-server").get_by_text(f"{key[:8]}…{key[-4:]}")).to_be_visible()
    assert key not in page.content()


def test_five_actions_from_the_link_to_a_copied_key(page: Any, server: LocalServer) -> None:
    """Open the link; give address and password; press a button; name the key; press a button."""
    set_up(page, server)
    assert create_key(page).startswith("bhs_")


def test_a_link_leaves_no_token_in_the_address_and_works_once(page: Any, server: LocalServer) -> None:
    assert server.setup_url is not None
    page.goto(local(server.setup_url))
    assert page.url == f"{local(server.url)}/setup"
    set_up(page, server)
    page.goto(local(server.setup_url))
    expect(page.get_by_text("This link no longer works")).to_be_visible()


def test_a_rotated_key_is_dead_and_the_new_one_works(page: Any, server: LocalServer) -> None:
    set_up(page, server)
    old = create_key(page)
    page.goto("/developer/api-keys")
    page.get_by_role("link", name="Rotate prod-server").click()
    expect(page.get_by_text("No session of this key is live now.")).to_be_visible()
    page.get_by_role("button", name="Rotate key").click()
    new = page.get_by_label("Your new key").input_value()
    assert (is_valid(server, old), is_valid(server, new)) == (False, True)
    page.goto("/developer/api-keys")
    page.get_by_role("link", name="Delete prod-server").click()
    page.get_by_role("button", name="Delete key").click()
    expect(page.get_by_text("There is no key yet.")).to_be_visible()
    assert not is_valid(server, new)


def test_an_invited_viewer_sees_and_changes_nothing(page: Any, server: LocalServer) -> None:
    set_up(page, server)
    create_key(page)
    page.goto("/account")
    page.get_by_label("E-mail").fill("eve@example.com")
    page.get_by_role("button", name="Invite", exact=True).click()
    link = page.get_by_label("Link for eve@example.com").input_value()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(link)
    expect(page.get_by_label("E-mail")).to_have_value("eve@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("Viewer of ada@example.com")).to_be_visible()
    assert page.get_by_role("button", name="Create new key").count() == 0
    assert page.get_by_role("link", name="Rotate").count() == 0
    page.goto("/developer/api-keys/new")
    expect(page.get_by_text("Your role in this account is viewer")).to_be_visible()


def test_signing_in_leads_to_the_page_that_was_asked_for(page: Any, server: LocalServer) -> None:
    set_up(page, server)
    page.get_by_role("button", name="Sign out").click()
    page.goto("/usage")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("do not belong together")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Usage", level=1)).to_be_visible()


def test_the_operator_grants_suspends_and_restores(page: Any, server: LocalServer) -> None:
    set_up(page, server)
    key = create_key(page)
    page.get_by_role("link", name="Operator").click()
    page.get_by_role("link", name="ada@example.com").click()
    page.get_by_label("Credits to add").fill("0.5")
    page.get_by_role("button", name="Grant credits").click()
    expect(page.get_by_text("99.5")).to_be_visible()
    page.get_by_label("Plan").select_option("creator")
    page.get_by_role("button", name="Change plan").click()
    expect(page.get_by_text("0 of 3")).to_be_visible()
    page.get_by_role("button", name="Suspend").click()
    expect(page.get_by_role("button", name="Restore")).to_be_visible()
    assert not is_valid(server, key)
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Suspend")).to_be_visible()
    assert is_valid(server, key)
    page.get_by_label("Credits to add").fill("-1")
    page.get_by_role("button", name="Grant credits").click()
    expect(page.get_by_role("alert").get_by_text("Credits are a number")).to_be_visible()


class Rendering:
    """An avatar that renders in a thread of its own."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key
        self._commands: asyncio.Queue[str] = asyncio.Queue()
        self.state = ""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._ready.wait(30)

    def reauthenticate(self, key: str) -> None:
        """Go on with another key."""
        asyncio.run_coroutine_threadsafe(self._runtime.reauthenticate(key), self._loop).result(20)

    def wait_for(self, state: str) -> None:
        """Wait until the session is in this state."""
        asyncio.run_coroutine_threadsafe(self._until(state), self._loop).result(20)

    def stop(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(20)

    async def _until(self, state: str) -> None:
        while self._runtime.status.state != state:
            await asyncio.sleep(0.05)

    async def _run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._runtime = await AsyncBithuman.create(api_secret=self._key, api_url=self._url)
        async with self._runtime:
            self._ready.set()
            await self._over.wait()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["scripts"])
def test_a_rotation_pauses_a_live_session_and_the_new_key_resumes_it(page: Any, server: LocalServer) -> None:
    set_up(page, server)
    rendering = Rendering(server.url, create_key(page))
    try:
        page.goto("/sessions")
        expect(page.get_by_role("row", name="prod-server").get_by_text("live", exact=True)).to_be_visible()
        page.goto("/developer/api-keys")
        page.get_by_role("link", name="Rotate prod-server").click()
        expect(page.get_by_text("1 live session of this key pauses within 1 seconds")).to_be_visible()
        page.get_by_role("button", name="Rotate key").click()
        new = page.get_by_label("Your new key").input_value()
        rendering.wait_for("paused")
        page.goto("/sessions")
        expect(page.get_by_role("region", name="Ended sessions").get_by_text("revoked")).to_be_visible()
        rendering.reauthenticate(new)
        rendering.wait_for("live")
        page.goto("/sessions")
        page.get_by_role("link", name="Terminate").click()
        page.get_by_role("button", name="Terminate").click()
        rendering.wait_for("paused")
        expect(page.get_by_text("Nothing is rendering now.")).to_be_visible()
    finally:
        rendering.stop()
