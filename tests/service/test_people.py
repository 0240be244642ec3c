"""Links, sign-ins and members, in a time that passes only when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from bithuman.core.people import DAY_MS, MAY, LinkPurpose, Permission, Role
from bithuman.core.refusals import Code, Refusal
from bithuman.service import passwords, people
from bithuman.service.accounts import create_account, read_account
from bithuman.service.people import Browser, NewLink, NewSignIn, Viewer
from bithuman.service.secrets import create_secret, delete_secret, rotate_secret
from tests.doubles.platform import TimedPlatform

T = TypeVar("T")
HERE = Browser("Firefox", "192.0.2.1")
PASSWORD = "correct horse battery"


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def refused(coroutine: Coroutine[Any, Any, Any]) -> Code:
    with pytest.raises(Refusal) as caught:
        asyncio.run(coroutine)
    return caught.value.code


def follow(platform: TimedPlatform, link: NewLink, email: str = "", password: str = PASSWORD) -> NewSignIn:
    return run(people.follow_link(platform, link.token, email, password, HERE))


def viewer_of(platform: TimedPlatform, signed_in: NewSignIn) -> Viewer:
    viewer = run(people.read_viewer(platform, signed_in.token))
    assert viewer is not None
    return viewer


@pytest.fixture
def owner(platform: TimedPlatform) -> Viewer:
    """The first person, who is the operator."""
    link = run(people.make_setup_link(platform))
    assert link is not None
    return viewer_of(platform, follow(platform, link, "Ada@Example.com"))


def member(platform: TimedPlatform, owner: Viewer, role: Role, email: str = "eve@example.com") -> Viewer:
    link = run(people.invite(platform, email, owner.account.id, role, by=owner))
    return viewer_of(platform, follow(platform, link))


class TestSetup:
    def test_the_first_person_is_the_operator_and_the_owner_of_the_first_account(self, owner: Viewer) -> None:
        assert owner.person.is_operator
        assert owner.membership.role is Role.OWNER
        assert (owner.person.email, owner.account.email, owner.account.plan) == ("ada@example.com",) * 2 + ("free",)

    def test_an_account_with_the_address_is_taken_over(self, platform: TimedPlatform) -> None:
        made = run(create_account(platform, "ada@example.com", "pro"))
        link = run(people.make_setup_link(platform))
        assert link is not None
        assert viewer_of(platform, follow(platform, link, "ada@example.com")).account.id == made.account.id

    def test_a_new_link_takes_the_place_of_the_one_before(self, platform: TimedPlatform) -> None:
        first, second = run(people.make_setup_link(platform)), run(people.make_setup_link(platform))
        assert first is not None
        assert second is not None
        assert refused(people.follow_link(platform, first.token, "a@b.example", PASSWORD, HERE)) is Code.NOT_FOUND
        follow(platform, second, "a@b.example")

    def test_there_is_none_once_there_is_an_operator(self, platform: TimedPlatform, owner: Viewer) -> None:
        assert owner.person.is_operator
        assert run(people.make_setup_link(platform)) is None


class TestLinks:
    def test_a_link_works_once_and_dies_after_a_day(self, platform: TimedPlatform, owner: Viewer) -> None:
        used, late = (run(people.invite(platform, name, None, Role.OWNER)) for name in ("a@b.example", "c@d.example"))
        follow(platform, used)
        assert refused(people.follow_link(platform, used.token, "", PASSWORD, HERE)) is Code.NOT_FOUND
        platform.time.spend(DAY_MS - 1)
        people.read_link(platform, late.token)
        platform.time.spend(1)
        assert refused(people.follow_link(platform, late.token, "", PASSWORD, HERE)) is Code.NOT_FOUND

    def test_two_at_once_use_it_once(self, platform: TimedPlatform) -> None:
        link = run(people.invite(platform, "a@b.example", None, Role.OWNER))

        async def race() -> list[object]:
            follows = (people.follow_link(platform, link.token, "", PASSWORD, HERE) for _ in range(2))
            return await asyncio.gather(*follows, return_exceptions=True)

        assert sorted(type(outcome).__name__ for outcome in run(race())) == ["NewSignIn", "Refusal"]

    @pytest.mark.parametrize("role", [Role.ADMIN, Role.DEVELOPER, Role.VIEWER])
    def test_an_account_of_ones_own_has_an_owner(self, platform: TimedPlatform, role: Role) -> None:
        assert refused(people.invite(platform, "a@b.example", None, role)) is Code.VALIDATION_ERROR

    async def test_a_person_who_was_made_meanwhile_is_not_taken_over(
        self, platform: TimedPlatform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two links of one address: whoever comes second knows no password of the person whom the first one made."""
        first, second = [await people.invite(platform, "a@b.example", None, Role.OWNER) for _ in range(2)]
        hash_password = passwords.hash_password

        async def slowly(text: str) -> str:
            monkeypatch.setattr(people, "hash_password", hash_password)
            await people.follow_link(platform, first.token, "", PASSWORD, HERE)
            return await hash_password(text)

        monkeypatch.setattr(people, "hash_password", slowly)
        with pytest.raises(Refusal) as caught:
            await people.follow_link(platform, second.token, "", "another password", HERE)
        assert caught.value.code is Code.UNAUTHORIZED
        people.read_link(platform, second.token)

    async def test_a_password_that_was_changed_meanwhile_signs_nobody_in(
        self, platform: TimedPlatform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = await people.invite(platform, "a@b.example", None, Role.OWNER)
        await people.follow_link(platform, made.token, "", PASSWORD, HERE)
        reset = await people.invite(platform, "a@b.example", None, Role.OWNER)
        matches = passwords.matches

        async def slowly(text: str, known: str | None) -> bool:
            is_right = await matches(text, known)
            await people.follow_link(platform, reset.token, "", "a new long password", HERE)
            return is_right

        monkeypatch.setattr(people, "matches", slowly)
        with pytest.raises(Refusal) as caught:
            await people.sign_in(platform, "a@b.example", PASSWORD, HERE)
        assert caught.value.code is Code.UNAUTHORIZED

    def test_a_reset_gives_a_person_without_an_account_one(self, platform: TimedPlatform, owner: Viewer) -> None:
        eve = member(platform, owner, Role.VIEWER)
        run(people.remove_member(platform, owner, eve.person.id))
        link = run(people.invite(platform, "eve@example.com", None, Role.OWNER))
        again = viewer_of(platform, follow(platform, link, password="a new long password"))
        assert (again.account.email, again.membership.role) == ("eve@example.com", Role.OWNER)

    def test_one_that_was_revoked_is_dead(self, platform: TimedPlatform, owner: Viewer) -> None:
        link = run(people.invite(platform, "eve@example.com", owner.account.id, Role.VIEWER, by=owner))
        with platform.database.read() as snapshot:
            (waiting,) = snapshot.people.waiting_links(owner.account.id)
        run(people.revoke_link(platform, owner, waiting.id))
        assert refused(people.follow_link(platform, link.token, "", PASSWORD, HERE)) is Code.NOT_FOUND
        assert refused(people.revoke_link(platform, owner, waiting.id)) is Code.NOT_FOUND

    def test_the_address_is_the_links_and_not_the_visitors(self, platform: TimedPlatform) -> None:
        link = run(people.invite(platform, "a@b.example", None, Role.OWNER))
        assert viewer_of(platform, follow(platform, link, "mallory@example.com")).person.email == "a@b.example"

    def test_a_short_password_uses_up_no_link(self, platform: TimedPlatform) -> None:
        link = run(people.invite(platform, "a@b.example", None, Role.OWNER))
        assert refused(people.follow_link(platform, link.token, "", "short", HERE)) is Code.VALIDATION_ERROR
        follow(platform, link)

    def test_a_person_who_is_known_joins_with_the_password_alone(self, platform: TimedPlatform, owner: Viewer) -> None:
        follow(platform, run(people.invite(platform, "eve@example.com", None, Role.OWNER)))
        link = run(people.invite(platform, "eve@example.com", owner.account.id, Role.ADMIN, by=owner))
        wrong = people.follow_link(platform, link.token, "", "some other password", HERE)
        assert refused(wrong) is Code.UNAUTHORIZED
        assert len(viewer_of(platform, follow(platform, link)).accounts) == 2

    def test_a_password_link_sets_another_and_ends_every_sign_in(self, platform: TimedPlatform, owner: Viewer) -> None:
        link = run(people.invite(platform, owner.person.email, None, Role.OWNER))
        assert link.link.purpose is LinkPurpose.RESET
        before = run(people.sign_in(platform, owner.person.email, PASSWORD, HERE))
        follow(platform, link, password="a new long password")
        assert run(people.read_viewer(platform, before.token)) is None
        assert refused(people.sign_in(platform, owner.person.email, PASSWORD, HERE)) is Code.UNAUTHORIZED
        run(people.sign_in(platform, owner.person.email, "a new long password", HERE))

    def test_no_token_is_in_a_repr_or_in_the_database(self, platform: TimedPlatform) -> None:
        link = run(people.invite(platform, "a@b.example", None, Role.OWNER))
        signed_in = follow(platform, link)
        assert link.token not in repr(link)
        assert signed_in.token not in repr(signed_in)
        content = (platform.settings.data_dir / "bithuman.db").read_bytes()
        content += (platform.settings.data_dir / "bithuman.db-wal").read_bytes()
        assert not [text for text in (link.token, signed_in.token, PASSWORD) if text.encode() in content]


class TestSignIn:
    def test_an_unknown_address_and_a_wrong_password_are_refused_alike(
        self, platform: TimedPlatform, owner: Viewer
    ) -> None:
        messages = set()
        for email, password in ((owner.person.email, "wrong"), ("nobody@example.com", PASSWORD), ("", "")):
            with pytest.raises(Refusal) as caught:
                run(people.sign_in(platform, email, password, HERE))
            messages.add(caught.value.message)
        assert len(messages) == 1

    def test_it_ends_after_a_week_without_use_and_a_month_with_it(self, platform: TimedPlatform, owner: Viewer) -> None:
        idle, used = (run(people.sign_in(platform, owner.person.email, PASSWORD, HERE)) for _ in range(2))
        for day in range(1, 30):
            platform.time.spend(DAY_MS)
            assert (run(people.read_viewer(platform, used.token)) is not None) == (day < 30)
        assert run(people.read_viewer(platform, idle.token)) is None
        platform.time.spend(DAY_MS)
        assert run(people.read_viewer(platform, used.token)) is None

    def test_signing_out_ends_one_and_everywhere_ends_all(self, platform: TimedPlatform, owner: Viewer) -> None:
        one, other = (run(people.sign_in(platform, owner.person.email, PASSWORD, HERE)) for _ in range(2))
        run(people.sign_out(platform, viewer_of(platform, one)))
        assert run(people.read_viewer(platform, one.token)) is None
        run(people.sign_out_everywhere(platform, viewer_of(platform, other)))
        assert run(people.read_viewer(platform, other.token)) is None

    def test_nobody_ends_the_sign_in_of_another_person(self, platform: TimedPlatform, owner: Viewer) -> None:
        eve = member(platform, owner, Role.OWNER)
        assert refused(people.sign_out(platform, eve, owner.sign_in.id)) is Code.NOT_FOUND

    def test_a_removed_member_sees_nothing_more(self, platform: TimedPlatform, owner: Viewer) -> None:
        link = run(people.invite(platform, "eve@example.com", owner.account.id, Role.VIEWER, by=owner))
        eve = follow(platform, link)
        run(people.remove_member(platform, owner, viewer_of(platform, eve).person.id))
        assert run(people.read_viewer(platform, eve.token)) is None
        assert refused(people.sign_in(platform, "eve@example.com", PASSWORD, HERE)) is Code.ACCESS_DENIED


class TestMeanwhile:
    """A page was asked for by a member who is none when the act is decided."""

    def test_a_removed_member_makes_and_ends_no_key(self, platform: TimedPlatform, owner: Viewer) -> None:
        eve = member(platform, owner, Role.DEVELOPER)
        run(create_secret(platform, owner.account.id, "prod"))
        run(people.remove_member(platform, owner, eve.person.id))
        account_id, by = owner.account.id, eve.person.id
        assert refused(create_secret(platform, account_id, "hers", person_id=by)) is Code.NOT_FOUND
        assert refused(rotate_secret(platform, account_id, "prod", person_id=by)) is Code.NOT_FOUND
        assert refused(delete_secret(platform, account_id, "prod", person_id=by)) is Code.NOT_FOUND

    def test_a_demoted_admin_invites_and_removes_nobody(self, platform: TimedPlatform, owner: Viewer) -> None:
        eve, bob = member(platform, owner, Role.ADMIN), member(platform, owner, Role.VIEWER, "bob@example.com")
        run(people.change_role(platform, owner, eve.person.id, Role.VIEWER))
        account_id = owner.account.id
        invitation = people.invite(platform, "x@y.example", account_id, Role.VIEWER, by=eve)
        assert refused(invitation) is Code.ACCESS_DENIED
        assert refused(people.remove_member(platform, eve, bob.person.id)) is Code.ACCESS_DENIED
        assert refused(people.change_role(platform, eve, bob.person.id, Role.ADMIN)) is Code.ACCESS_DENIED


class TestMembers:
    def test_each_role_may_what_the_one_below_it_may(self) -> None:
        assert MAY[Role.VIEWER] < MAY[Role.DEVELOPER] < MAY[Role.ADMIN] < MAY[Role.OWNER] == set(Permission)

    def test_the_last_owner_stays(self, platform: TimedPlatform, owner: Viewer) -> None:
        assert refused(people.remove_member(platform, owner, owner.person.id)) is Code.CONFLICT
        assert refused(people.change_role(platform, owner, owner.person.id, Role.ADMIN)) is Code.CONFLICT
        member(platform, owner, Role.OWNER)
        run(people.remove_member(platform, owner, owner.person.id))

    @pytest.mark.parametrize("role", [Role.DEVELOPER, Role.VIEWER])
    def test_only_admins_and_owners_manage_members(self, platform: TimedPlatform, owner: Viewer, role: Role) -> None:
        eve, bob = (member(platform, owner, r, e) for r, e in ((role, "eve@b.example"), (Role.VIEWER, "bob@b.example")))
        assert (
            refused(people.invite(platform, "x@y.example", eve.account.id, Role.VIEWER, by=eve)) is Code.ACCESS_DENIED
        )
        assert refused(people.change_role(platform, eve, bob.person.id, Role.VIEWER)) is Code.ACCESS_DENIED
        assert refused(people.remove_member(platform, eve, bob.person.id)) is Code.ACCESS_DENIED
        assert refused(people.revoke_link(platform, eve, 1)) is Code.ACCESS_DENIED
        run(people.remove_member(platform, eve, eve.person.id))

    def test_an_admin_makes_and_changes_no_owner(self, platform: TimedPlatform, owner: Viewer) -> None:
        eve = member(platform, owner, Role.ADMIN)
        assert refused(people.invite(platform, "x@y.example", eve.account.id, Role.OWNER, by=eve)) is Code.ACCESS_DENIED
        assert refused(people.change_role(platform, eve, eve.person.id, Role.OWNER)) is Code.ACCESS_DENIED
        assert refused(people.change_role(platform, eve, owner.person.id, Role.VIEWER)) is Code.ACCESS_DENIED
        assert refused(people.remove_member(platform, eve, owner.person.id)) is Code.ACCESS_DENIED

    def test_members_of_another_account_look_like_none(self, platform: TimedPlatform, owner: Viewer) -> None:
        stranger = viewer_of(platform, follow(platform, run(people.invite(platform, "s@t.example", None, Role.OWNER))))
        assert refused(people.remove_member(platform, stranger, owner.person.id)) is Code.NOT_FOUND
        assert refused(people.change_role(platform, stranger, owner.person.id, Role.VIEWER)) is Code.NOT_FOUND
        assert refused(people.show_account(platform, stranger, owner.account.id)) is Code.NOT_FOUND

    def test_an_own_account_has_the_credits_of_its_plan(self, platform: TimedPlatform, owner: Viewer) -> None:
        account = run(read_account(platform, owner.account.id))
        assert account.balance.plan == platform.plan("free").credits
