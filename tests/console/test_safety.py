"""What the console keeps out: foreign forms, other accounts, lower roles, guesses, and the caches of browsers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from bithuman.console.app import add_console
from bithuman.core.people import Role
from bithuman.http.app import create_app
from bithuman.service import people
from bithuman.service.accounts import read_account, set_suspended
from bithuman.service.authenticate import authenticate
from bithuman.service.exchange import TokenRequest, exchange
from bithuman.service.people import Browser
from bithuman.service.secrets import create_secret
from bithuman.service.settings import load_settings
from bithuman.service.usage import unbalanced_accounts
from tests.console.conftest import PASSWORD
from tests.doubles.platform import TimedPlatform
from tests.doubles.wire import WireApp

HOST = "localhost:8787"
FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


@dataclass
class Visitor:
    """A browser, without its looks."""

    http: httpx.AsyncClient
    person_id: str = ""

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def post(self, path: str, headers: Any = None, **fields: str) -> httpx.Response:
        """Send a form as the page with it would."""
        page = await self.http.get("/account" if self.person_id else "/sign-in")
        found = FORM_TOKEN.search(page.text)
        token = found[1] if found else ""
        return await self.http.post(path, data={"form_token": token, **fields}, headers=headers or {})

    async def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        return await self.post("/sign-in", email=email, password=password, **fields)


@dataclass
class Site:
    """A console in this process."""

    platform: TimedPlatform
    app: WireApp
    visitors: list[Visitor] = field(default_factory=list)

    def visitor(self, address: str = "192.0.2.1", base: str = f"http://{HOST}") -> Visitor:
        transport = httpx.ASGITransport(self.app, client=(address, 50_000))
        self.visitors.append(Visitor(httpx.AsyncClient(transport=transport, base_url=base)))
        return self.visitors[-1]

    async def member(self, role: Role, email: str, account_id: str) -> Visitor:
        """Somebody who is signed in, with a role in an account."""
        link = await people.invite(self.platform, email, account_id, role)
        made = await people.follow_link(self.platform, link.token, "", PASSWORD, Browser("", ""))
        visitor = self.visitor()
        visitor.person_id = made.sign_in.person_id
        visitor.http.cookies.set("bithuman_session", made.token)
        return visitor

    async def owner(self, email: str = "ada@example.com") -> tuple[Visitor, str]:
        """The owner of an account of their own, and the account's id."""
        link = await people.invite(self.platform, email, None, Role.OWNER)
        made = await people.follow_link(self.platform, link.token, "", PASSWORD, Browser("", ""))
        visitor = self.visitor()
        visitor.person_id = made.sign_in.person_id
        visitor.http.cookies.set("bithuman_session", made.token)
        return visitor, made.sign_in.account_id


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    platform = TimedPlatform(load_settings(data_dir=tmp_path))
    site = Site(platform, WireApp(create_app(platform, add_console), platform))
    yield site
    assert unbalanced_accounts(platform) == []
    for visitor in site.visitors:
        await visitor.http.aclose()
    platform.close()


SEE = dict.fromkeys(Role, 200)
KEYS = {Role.OWNER: 200, Role.ADMIN: 200, Role.DEVELOPER: 200, Role.VIEWER: 403}
MEMBERS = {Role.OWNER: 200, Role.ADMIN: 200, Role.DEVELOPER: 403, Role.VIEWER: 403}
PAGES = {
    "/developer/api-keys": SEE,
    "/developer/api-keys/new": KEYS,
    "/developer/api-keys/prod/rotate": KEYS,
    "/developer/api-keys/prod/delete": KEYS,
    "/sessions": SEE,
    "/sessions/SESSION/terminate": KEYS,
    "/sessions/revoke-all": MEMBERS,
    "/usage": SEE,
    "/account": SEE,
}
KEY_FORM = {Role.OWNER: 303, Role.ADMIN: 303, Role.DEVELOPER: 303, Role.VIEWER: 403}
MEMBER_FORM = {Role.OWNER: 303, Role.ADMIN: 303, Role.DEVELOPER: 403, Role.VIEWER: 403}
FORMS: dict[str, tuple[dict[str, str], dict[Role, int]]] = {
    "/developer/api-keys/new": ({"name": "another"}, KEYS),
    "/developer/api-keys/prod/rotate": ({"overlap": "3600"}, KEYS),
    "/developer/api-keys/prod/delete": ({}, KEY_FORM),
    "/developer/api-keys/check": ({"key": "bhs_nothing"}, SEE),
    "/sessions/SESSION/terminate": ({}, KEY_FORM),
    "/sessions/revoke-all": ({}, MEMBER_FORM),
    "/account/invite": ({"email": "new@example.com", "role": "viewer"}, MEMBERS),
    "/account/role": ({"person": "OTHER", "role": "developer"}, MEMBER_FORM),
    "/account/remove": ({"person": "OTHER"}, MEMBER_FORM),
    "/account/revoke-invitation": ({"link": "LINK"}, MEMBER_FORM),
    "/account/show": ({"account": "ACCOUNT"}, dict.fromkeys(Role, 303)),
    "/sign-out": ({}, dict.fromkeys(Role, 303)),
}


async def furnish(site: Site, account_id: str) -> dict[str, str]:
    """A key, a live session, a member and an invitation; and their ids."""
    key = await create_secret(site.platform, account_id, "prod")
    session = await exchange(site.platform, authenticate(site.platform, key.secret), TokenRequest())
    other = await site.member(Role.VIEWER, "other@example.com", account_id)
    await people.invite(site.platform, "waiting@example.com", account_id, Role.VIEWER)
    with site.platform.database.read() as snapshot:
        (link,) = snapshot.people.waiting_links(account_id)
    return {
        "SESSION": session.session.id,
        "OTHER": other.person_id,
        "LINK": str(link.id),
        "ACCOUNT": account_id,
    }


def put(text: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace(name, value)
    return text


class TestRoles:
    @pytest.mark.parametrize("role", list(Role))
    async def test_each_page(self, site: Site, role: Role) -> None:
        _, account_id = await site.owner()
        ids, visitor = await furnish(site, account_id), await site.member(role, "eve@example.com", account_id)
        for path, statuses in PAGES.items():
            assert (await visitor.get(put(path, ids))).status_code == statuses[role], path

    @pytest.mark.parametrize("role", list(Role))
    @pytest.mark.parametrize("path", FORMS)
    async def test_each_form(self, site: Site, role: Role, path: str) -> None:
        _, account_id = await site.owner()
        ids, visitor = await furnish(site, account_id), await site.member(role, "eve@example.com", account_id)
        fields, statuses = FORMS[path]
        answer = await visitor.post(put(path, ids), **{name: put(value, ids) for name, value in fields.items()})
        assert answer.status_code == statuses[role], answer.text

    @pytest.mark.parametrize("path", PAGES)
    async def test_nobody_who_is_not_signed_in_sees_a_page(self, site: Site, path: str) -> None:
        answer = await site.visitor().get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")

    @pytest.mark.parametrize("path", FORMS)
    async def test_nobody_who_is_not_signed_in_does_anything(self, site: Site, path: str) -> None:
        answer = await site.visitor().post(path, **FORMS[path][0])
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/developer/api-keys")

    @pytest.mark.parametrize(
        "path", [path for path in (*PAGES, *FORMS) if any(name in path for name in ("prod", "SESSION"))]
    )
    async def test_what_is_anothers_looks_like_nothing(self, site: Site, path: str) -> None:
        _, account_id = await site.owner()
        ids = await furnish(site, account_id)
        stranger, _ = await site.owner("stranger@example.com")
        answer = await (stranger.get(put(path, ids)) if path in PAGES else stranger.post(put(path, ids)))
        assert answer.status_code == 404
        with site.platform.database.read() as snapshot:
            assert len(snapshot.living_secrets(account_id, site.platform.now_ms())) == 1

    @pytest.mark.parametrize(
        "path", ["/account/role", "/account/remove", "/account/revoke-invitation", "/account/show"]
    )
    async def test_members_and_links_of_another_account_look_like_none(self, site: Site, path: str) -> None:
        _, account_id = await site.owner()
        ids = await furnish(site, account_id)
        stranger, _ = await site.owner("stranger@example.com")
        fields = {name: put(value, ids) for name, value in FORMS[path][0].items()}
        assert (await stranger.post(path, **fields)).status_code == 404


class TestOperator:
    @pytest.mark.parametrize("path", ["/operator", "/operator/accounts/ACCOUNT"])
    async def test_its_pages_are_nothing_to_others(self, site: Site, path: str) -> None:
        owner, account_id = await site.owner()
        assert (await owner.get(path.replace("ACCOUNT", account_id))).status_code == 404

    async def test_its_forms_are_nothing_to_others(self, site: Site) -> None:
        owner, account_id = await site.owner()
        for fields in ({"act": "grant", "credits": "5"}, {"act": "plan", "plan": "pro"}, {"act": "suspend"}):
            assert (await owner.post(f"/operator/accounts/{account_id}", **fields)).status_code == 404
        account = await read_account(site.platform, account_id)
        assert (account.plan, account.suspended, account.balance.topup) == ("free", False, 0)

    async def test_members_of_a_suspended_account_may_look_and_no_more(self, site: Site) -> None:
        owner, _ = await site.owner()
        await set_suspended(site.platform, "ada@example.com", suspended=True)
        assert (await owner.get("/developer/api-keys")).status_code == 200
        assert (await owner.post("/developer/api-keys/new", name="x")).status_code == 403


class TestForms:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": f"http://{HOST}.evil.example"},
        ],
    )
    async def test_a_form_of_another_site_is_refused(self, site: Site, headers: dict[str, str]) -> None:
        owner, _ = await site.owner()
        answer = await owner.post("/developer/api-keys/new", headers, name="stolen")
        assert (answer.status_code, "did not come from this site" in answer.text) == (403, True)

    @pytest.mark.parametrize(
        "headers", [{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": f"http://{HOST}"}, {}]
    )
    async def test_a_form_of_this_site_is_taken(self, site: Site, headers: dict[str, str]) -> None:
        owner, _ = await site.owner()
        assert (await owner.post("/developer/api-keys/new", headers, name="mine")).status_code == 200

    @pytest.mark.parametrize("path", [*FORMS, "/sign-in", "/setup"])
    @pytest.mark.parametrize("token", ["", "0" * 64, "é"])
    async def test_no_form_goes_without_its_token(self, site: Site, path: str, token: str) -> None:
        owner, _ = await site.owner()
        answer = await owner.http.post(path, data={"form_token": token, **FORMS.get(path, ({},))[0]})
        assert answer.status_code == 403

    async def test_a_token_of_another_browser_is_refused(self, site: Site) -> None:
        (owner, _), (other, _) = await site.owner(), await site.owner("other@example.com")
        found = FORM_TOKEN.search((await other.get("/account")).text)
        assert found is not None
        answer = await owner.http.post("/developer/api-keys/new", data={"form_token": found[1], "name": "x"})
        assert answer.status_code == 403

    async def test_a_form_that_is_too_large_or_unreadable_is_refused(self, site: Site) -> None:
        owner, _ = await site.owner()
        assert (await owner.post("/developer/api-keys/new", name="x" * 70_000)).status_code == 413
        assert (await owner.http.post("/sign-out", content=b"\xff=1")).status_code == 400
        assert (await owner.http.post("/sign-out", content=b"a=1&" * 60)).status_code == 400


class TestSigningIn:
    async def test_the_cookie_is_new_whatever_the_browser_sent(self, site: Site) -> None:
        await site.owner()
        visitor = site.visitor()
        visitor.http.cookies.set("bithuman_session", "planted")
        answer = await visitor.sign_in("ada@example.com")
        cookie = next(text for text in answer.headers.get_list("set-cookie") if text.startswith("bithuman_session="))
        assert "planted" not in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie

    async def test_cookies_are_secure_where_the_server_is_not_on_this_machine(self, site: Site) -> None:
        answer = await site.visitor(base="http://avatars.example.org").get("/sign-in")
        assert "Secure" in answer.headers["set-cookie"]
        assert "not encrypted" in answer.text

    @pytest.mark.parametrize(
        "there",
        ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "/a\r\nX: y", ""],
    )
    async def test_it_leads_to_no_other_site(self, site: Site, there: str) -> None:
        await site.owner()
        answer = await site.visitor().sign_in("ada@example.com", next=there)
        assert (answer.status_code, answer.headers["location"]) == (303, "/developer/api-keys")

    async def test_a_signed_out_cookie_is_dead(self, site: Site) -> None:
        owner, _ = await site.owner()
        cookie = owner.http.cookies["bithuman_session"]
        await owner.post("/sign-out")
        thief = site.visitor()
        thief.http.cookies.set("bithuman_session", cookie)
        assert (await thief.get("/account")).status_code == 303

    async def test_guesses_from_one_network_are_held_back(self, site: Site) -> None:
        await site.owner()
        visitor = site.visitor("198.51.100.7")
        answers = [(await visitor.sign_in(f"{number}@example.com", "wrong")).status_code for number in range(12)]
        assert answers == [401] * 10 + [429] * 2

    async def test_guesses_do_not_lock_the_owner_out(self, site: Site) -> None:
        await site.owner()
        owner = site.visitor("192.0.2.50")
        assert (await owner.sign_in("ada@example.com")).status_code == 303
        for number in range(12):
            await site.visitor(f"198.51.100.{number}").sign_in("ada@example.com", "wrong")
        assert (await site.visitor("203.0.113.1").sign_in("ada@example.com")).status_code == 429
        owner.http.cookies.delete("bithuman_session")
        assert (await owner.sign_in("Ada@example.com")).status_code == 303

    async def test_a_mark_of_one_person_is_no_mark_of_another(self, site: Site) -> None:
        await site.owner()
        await site.owner("eve@example.com")
        eve = site.visitor("192.0.2.60")
        await eve.sign_in("eve@example.com")
        eve.http.cookies.delete("bithuman_session")
        answers = [(await eve.sign_in("ada@example.com", "wrong")).status_code for _ in range(12)]
        assert 429 in answers


class TestAnswers:
    @pytest.mark.parametrize("path", ["/sign-in", "/developer/api-keys", "/account", "/developer/api-keys/none/rotate"])
    async def test_every_page_has_the_headers_of_a_careful_site(self, site: Site, path: str) -> None:
        owner, _ = await site.owner()
        headers = (await owner.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers

    async def test_no_page_holds_a_script_or_a_style_of_its_own(self, site: Site) -> None:
        owner, _ = await site.owner()
        for path in ("/sign-in", "/developer/api-keys", "/sessions", "/usage", "/account"):
            text = (await owner.get(path)).text
            assert not re.search(r"<style|<script(?! src=)|\son\w+=|\sstyle=|https?://", text), path

    @pytest.mark.parametrize("path", ["/account/invite", "/account/role", "/developer/api-keys/check", "/sign-out"])
    async def test_the_address_of_a_form_leads_to_its_page(self, site: Site, path: str) -> None:
        assert (await site.visitor().get(path)).status_code == 303

    @pytest.mark.parametrize("token", ["", "→", "a b", "x" * 201, "a;b", "nobody-made-this"])
    async def test_a_wrong_link_is_answered_with_a_sentence(self, site: Site, token: str) -> None:
        visitor = site.visitor()
        answer = await visitor.http.get("/setup", params={"token": token}, follow_redirects=True)
        assert (answer.status_code, "This link no longer works" in answer.text) == (404, True)

    async def test_what_people_write_is_text(self, site: Site) -> None:
        visitor = site.visitor()
        answer = await visitor.sign_in('"><script>alert(1)</script>@example.com', "x")
        assert "<script>alert" not in answer.text

    async def test_a_page_that_is_missing_keeps_the_envelope_of_the_api(self, site: Site) -> None:
        assert (await site.visitor().get("/nothing")).json()["error"]["code"] == "NOT_FOUND"
