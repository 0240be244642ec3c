"""Every page in both themes and three widths: axe finds nothing, nothing is cut off, and pictures are kept.

The pictures are in `out/console`, to be looked at.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.console.conftest import create_key, local, needs_browser, set_up
from tools.local_server import LocalServer

ROOT = Path(__file__).parents[2]
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "out" / "console"
WIDTHS_PX = (360, 1280, 1920)

pytestmark = [
    needs_browser,
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (npm ci --prefix tests/console)."),
    pytest.mark.parametrize("page", [True], indirect=True, ids=["scripts"]),
]


def look(page: Any, name: str) -> None:
    """Look at the page that is open."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for width in WIDTHS_PX:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is cut off at {width} px"
            page.screenshot(path=PICTURES / f"{name}-{theme}-{width}.png", full_page=True)
        found = page.evaluate(f"{AXE.read_text()}; axe.run(document)")
        faults = [f"{fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in found["violations"]]
        assert faults == [], f"{name}, {theme}"
    assert page.locator("h1").count() == 1
    assert page.title()
    page.set_viewport_size({"width": 1280, "height": 800})


def test_every_page(page: Any, server: LocalServer) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    assert server.setup_url is not None
    page.goto("/sign-in")
    look(page, "sign-in")
    page.goto(local(server.setup_url))
    look(page, "setup")
    set_up(page, server)
    look(page, "keys-empty")
    page.goto("/developer/api-keys/new")
    page.get_by_label("Name").fill("no spaces")
    page.get_by_role("button", name="Create key").click()
    page.get_by_role("alert").wait_for()
    look(page, "new-key-error")
    page.goto("/developer/api-keys")
    create_key(page)
    look(page, "key-made")
    page.get_by_role("button", name="Verify it now").click()
    page.wait_for_url("**/check")
    look(page, "key-verified")
    for name, path in (
        ("keys", "/developer/api-keys"),
        ("rotate", "/developer/api-keys/prod-server/rotate"),
        ("delete", "/developer/api-keys/prod-server/delete"),
        ("not-found", "/developer/api-keys/nobody/delete"),
        ("sessions-empty", "/sessions"),
        ("revoke-all", "/sessions/revoke-all"),
        ("usage", "/usage"),
    ):
        page.goto(path)
        look(page, name)
    page.goto("/operator")
    look(page, "operator")
    page.get_by_role("link", name="ada@example.com").click()
    page.wait_for_url("**/accounts/*")
    look(page, "operator-account")
    page.goto("/account")
    page.get_by_label("E-mail").fill("eve@example.com")
    page.get_by_role("button", name="Invite", exact=True).click()
    page.get_by_label("Link for eve@example.com").wait_for()
    look(page, "account")


def test_the_keyboard_alone_makes_a_key(page: Any, server: LocalServer) -> None:
    set_up(page, server)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Create new key"
    page.keyboard.press("Enter")
    page.wait_for_url("**/new*")
    page.get_by_label("Name").focus()
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Enter")
    assert page.get_by_label("Your new key").input_value().startswith("bhs_")
