"""People: one-time links, new people, signing in and out, members of an account."""

import secrets
from dataclasses import dataclass, field

from bithuman.core import refusals
from bithuman.core.accounts import Account
from bithuman.core.people import (
    LINK_LIFE_MS,
    Link,
    LinkPurpose,
    Membership,
    Permission,
    Person,
    Role,
    SignIn,
    check_owner_remains,
)
from bithuman.core.refusals import Code, Refusal
from bithuman.core.secrets import hash_secret
from bithuman.service.accounts import check_address, normal_address, open_account
from bithuman.service.members import acting_member
from bithuman.service.passwords import check_password, hash_password, matches
from bithuman.service.platform import Platform
from bithuman.store.people import NamedMembership
from bithuman.store.unit import Unit

_TOKEN_BYTES = 32
_TOUCH_MS = 60_000
"""A sign-in's last use is kept to the minute."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that was just made: the only time that anybody sees its token."""

    link: Link
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewSignIn:
    """A sign-in that was just made, and the value of its cookie."""

    sign_in: SignIn
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser calls itself, and the network that it is in."""

    agent: str
    network: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a page, and the account that it shows."""

    person: Person
    sign_in: SignIn
    account: Account
    membership: Membership
    accounts: list[NamedMembership]

    def check(self, permission: Permission) -> None:
        """Whether the person has the permission in this account.

        Raises:
            Refusal: ACCESS_DENIED, or ACCOUNT_SUSPENDED: members of a suspended account may look, and no more.
        """
        if permission is not Permission.SEE and self.account.suspended:
            raise refusals.suspended_account()
        self.membership.check(permission)


async def make_setup_link(platform: Platform) -> NewLink | None:
    """A link for the first person, in place of those that wait. None where there is an operator already."""
    with platform.database.read() as snapshot:
        if snapshot.people.has_operator():
            return None
    token = secrets.token_urlsafe(_TOKEN_BYTES)

    def decide(unit: Unit) -> Link:
        now_ms = platform.now_ms()
        unit.people.revoke_setup_links(now_ms)
        return _add_link(unit, platform, token, LinkPurpose.SETUP, now_ms)

    return NewLink(await platform.database.writer.run(decide), token)


async def invite(
    platform: Platform, email: str, account_id: str | None, role: Role, *, by: Viewer | None = None
) -> NewLink:
    """A link for a person: into an account with a role, or, without an account, into a new one that is the person's.

    Without an account, a person who is known gets a link to another password.

    Args:
        by: the member who invites; None for the operator's command line.

    Raises:
        Refusal: VALIDATION_ERROR, NOT_FOUND, CONFLICT where the person is a member already, or ACCESS_DENIED.
    """
    email = check_address(email)
    if account_id is None and role is not Role.OWNER:
        raise refusals.invalid("A person with an account of their own is its owner. Name an account for another role.")
    token = secrets.token_urlsafe(_TOKEN_BYTES)

    def decide(unit: Unit) -> Link:
        now_ms = platform.now_ms()
        if by is not None:
            _actor(unit, by, Permission.MANAGE_MEMBERS).check_may_give(role)
        known = unit.people.person_by_email(email)
        purpose = LinkPurpose.INVITATION
        if account_id is None:
            purpose = LinkPurpose.RESET if known is not None else purpose
        else:
            if unit.account(account_id) is None:
                raise refusals.not_found("account")
            if known is not None and unit.people.membership(account_id, known.person.id) is not None:
                raise Refusal(Code.CONFLICT, f"{email} is a member already.")
            unit.record("member_invited", account_id, email, now_ms)
        made_by = None if by is None else by.person.id
        return _add_link(unit, platform, token, purpose, now_ms, email, account_id, role, made_by)

    return NewLink(await platform.database.writer.run(decide), token)


def setup_url(base: str, link: NewLink) -> str:
    """Where a link leads. It is the one secret that stands in a URL."""
    return f"{base.rstrip('/')}/setup?token={link.token}"


def read_link(platform: Platform, token: str) -> tuple[Link, bool]:
    """A link that works, and whether its person is known already.

    Raises:
        Refusal: NOT_FOUND: it was used, revoked, has expired, or never was.
    """
    with platform.database.read() as snapshot:
        link = snapshot.people.link(_digest(platform, token))
        if link is None or not link.is_good(platform.now_ms()):
            raise dead_link()
        return link, link.email is not None and snapshot.people.person_by_email(link.email) is not None


async def follow_link(platform: Platform, token: str, email: str, password: str, browser: Browser) -> NewSignIn:
    """Do what a link is for, and sign its person in.

    A new person is made with this password. One who is known gives the password, or, by a link for that, sets another.

    Raises:
        Refusal: NOT_FOUND (see `read_link`), VALIDATION_ERROR, CONFLICT, or UNAUTHORIZED for a wrong password.
    """
    link, _ = read_link(platform, token)
    email = check_address(link.email or email)
    with platform.database.read() as snapshot:
        known = snapshot.people.person_by_email(email)
    if known is not None and link.purpose is LinkPurpose.SETUP:
        raise Refusal(Code.CONFLICT, "Somebody with this address is here already. Give another address.")
    if known is not None and link.purpose is LinkPurpose.INVITATION:
        if not await matches(password, known.password):
            raise wrong_password()
        hashed = known.password
    else:
        check_password(password)
        hashed = await hash_password(password)
    cookie = secrets.token_urlsafe(_TOKEN_BYTES)

    def decide(unit: Unit) -> SignIn:
        now_ms = platform.now_ms()
        current = unit.people.link(_digest(platform, token))
        if current is None or not current.is_good(now_ms):
            raise dead_link()
        if unit.people.person_by_email(email) != known:
            # Another link of this person was used meanwhile: the password that was checked may not be the person's.
            raise wrong_password()
        unit.people.use_link(current.id, now_ms)
        person = _person_of(unit, platform, current, email, hashed, now_ms)
        return _add_sign_in(unit, platform, person, cookie, browser, now_ms)

    return NewSignIn(await platform.database.writer.run(decide), cookie)


async def sign_in(platform: Platform, email: str, password: str, browser: Browser) -> NewSignIn:
    """Sign a person in. An unknown address and a wrong password look the same, and take the same time.

    Raises:
        Refusal: UNAUTHORIZED.
    """
    with platform.database.read() as snapshot:
        known = snapshot.people.person_by_email(normal_address(email))
    if not await matches(password, None if known is None else known.password) or known is None:
        raise wrong_password()
    cookie, person = secrets.token_urlsafe(_TOKEN_BYTES), known.person

    def decide(unit: Unit) -> SignIn:
        if unit.people.person_by_email(person.email) != known:
            raise wrong_password()  # It was changed meanwhile.
        return _add_sign_in(unit, platform, person, cookie, browser, platform.now_ms())

    return NewSignIn(await platform.database.writer.run(decide), cookie)


async def read_viewer(platform: Platform, cookie: str) -> Viewer | None:
    """Who has a cookie. None where it is not, or no longer, good."""
    now_ms = platform.now_ms()
    with platform.database.read() as snapshot:
        found = snapshot.people.sign_in(_digest(platform, cookie))
        if found is None or not found.is_good(now_ms):
            return None
        person = snapshot.people.person(found.person_id)
        accounts = snapshot.people.memberships_of(found.person_id)
        shown = next((one for one in accounts if one.membership.account_id == found.account_id), None)
        shown = shown or next(iter(accounts), None)
        account = None if shown is None else snapshot.account(shown.membership.account_id)
    if person is None or shown is None or account is None:
        return None
    if now_ms - found.seen_ms >= _TOUCH_MS:
        await platform.database.writer.run(lambda unit: unit.people.touch_sign_in(found.id, now_ms))
    return Viewer(person, found, account, shown.membership, accounts)


async def sign_out(platform: Platform, viewer: Viewer, sign_in_id: str | None = None) -> None:
    """End a sign-in of the person: this one, or another.

    Raises:
        Refusal: NOT_FOUND.
    """

    def decide(unit: Unit) -> None:
        if not unit.people.end_sign_in(viewer.person.id, sign_in_id or viewer.sign_in.id, platform.now_ms()):
            raise refusals.not_found("sign-in")

    await platform.database.writer.run(decide)


async def sign_out_everywhere(platform: Platform, viewer: Viewer) -> None:
    """End every sign-in of the person, this one too."""
    await platform.database.writer.run(lambda unit: unit.people.end_sign_ins(viewer.person.id, platform.now_ms()))


async def show_account(platform: Platform, viewer: Viewer, account_id: str) -> None:
    """Let the pages of this sign-in show another account of the person's.

    Raises:
        Refusal: NOT_FOUND.
    """
    if account_id not in {one.membership.account_id for one in viewer.accounts}:
        raise refusals.not_found("account")
    await platform.database.writer.run(lambda unit: unit.people.show_account(viewer.sign_in.id, account_id))


async def change_role(platform: Platform, viewer: Viewer, person_id: str, role: Role) -> None:
    """Give a member of the account another role.

    Raises:
        Refusal: ACCESS_DENIED, NOT_FOUND, or CONFLICT for the last owner.
    """

    def decide(unit: Unit) -> None:
        actor = _actor(unit, viewer, Permission.MANAGE_MEMBERS)
        actor.check_may_give(role)
        member = _member(unit, actor, person_id)
        if role is not Role.OWNER:
            check_owner_remains(member, _members(unit, actor))
        unit.people.change_role(member.account_id, person_id, role)
        unit.record("role_changed", member.account_id, person_id, platform.now_ms())

    await platform.database.writer.run(decide)


async def remove_member(platform: Platform, viewer: Viewer, person_id: str) -> None:
    """End a membership in the account: another's, or the viewer's own. Keys that the person made stay.

    Raises:
        Refusal: ACCESS_DENIED, NOT_FOUND, or CONFLICT for the last owner.
    """
    needed = Permission.SEE if person_id == viewer.person.id else Permission.MANAGE_MEMBERS

    def decide(unit: Unit) -> None:
        actor = _actor(unit, viewer, needed)
        member = _member(unit, actor, person_id)
        check_owner_remains(member, _members(unit, actor))
        unit.people.remove_member(member.account_id, person_id)
        unit.record("member_removed", member.account_id, person_id, platform.now_ms())

    await platform.database.writer.run(decide)


async def revoke_link(platform: Platform, viewer: Viewer, link_id: int) -> None:
    """Revoke an invitation into the account.

    Raises:
        Refusal: ACCESS_DENIED or NOT_FOUND.
    """

    def decide(unit: Unit) -> None:
        now_ms = platform.now_ms()
        _actor(unit, viewer, Permission.MANAGE_MEMBERS)
        if not unit.people.revoke_link(viewer.account.id, link_id, now_ms):
            raise refusals.not_found("invitation")
        unit.record("invitation_revoked", viewer.account.id, str(link_id), now_ms)

    await platform.database.writer.run(decide)


def wrong_password() -> Refusal:
    """The same for every reason."""
    return Refusal(Code.UNAUTHORIZED, "This address and this password do not belong together. Check both.")


def dead_link() -> Refusal:
    """The same for every reason."""
    return Refusal(
        Code.NOT_FOUND,
        "This link no longer works: it was used, it was revoked, or it is older than 24 hours. Ask for a new one.",
    )


def _digest(platform: Platform, token: str) -> bytes:
    return hash_secret(token, platform.pepper)


def _add_link(
    unit: Unit,
    platform: Platform,
    token: str,
    purpose: LinkPurpose,
    now_ms: int,
    email: str | None = None,
    account_id: str | None = None,
    role: Role = Role.OWNER,
    made_by: str | None = None,
) -> Link:
    link = Link(0, purpose, now_ms, now_ms + LINK_LIFE_MS, email, account_id, role, made_by)
    unit.people.add_link(link, _digest(platform, token))
    return link


def _person_of(unit: Unit, platform: Platform, link: Link, email: str, hashed: str, now_ms: int) -> Person:
    """The person of a link that is being used, with the password and the membership that it leads to."""
    known = unit.people.person_by_email(email)
    if link.purpose is LinkPurpose.RESET:
        if known is None:
            raise dead_link()
        unit.people.change_password(known.person.id, hashed)
        unit.people.end_sign_ins(known.person.id, now_ms)
        if not unit.people.memberships_of(known.person.id):
            _join(unit, _own_account(unit, platform, email, now_ms), known.person, Role.OWNER, now_ms)
        return known.person
    is_setup = link.purpose is LinkPurpose.SETUP
    if is_setup and unit.people.has_operator():
        raise dead_link()
    if known is not None:
        person = known.person
    else:
        person = Person(platform.new_id(), email, is_setup, now_ms)
        unit.people.add_person(person, hashed)
    _join(unit, link.account_id or _own_account(unit, platform, email, now_ms), person, link.role, now_ms)
    return person


def _join(unit: Unit, account_id: str, person: Person, role: Role, now_ms: int) -> None:
    if unit.people.membership(account_id, person.id) is None:
        unit.people.add_member(Membership(account_id, person.id, role, now_ms))
        unit.record("member_added", account_id, person.email, now_ms)


def _own_account(unit: Unit, platform: Platform, email: str, now_ms: int) -> str:
    """The account of an address. The operator, who made the link, vouches for the person."""
    account = unit.snapshot().account_by_email(email)
    if account is None:
        account = open_account(unit, platform, email, next(iter(platform.schedule.plans)), now_ms)
    return account.id


def _add_sign_in(unit: Unit, platform: Platform, person: Person, cookie: str, browser: Browser, now_ms: int) -> SignIn:
    memberships = unit.people.memberships_of(person.id)
    if not memberships:
        raise Refusal(Code.ACCESS_DENIED, "You are no longer a member of an account. Ask its owner for an invitation.")
    account_id = memberships[0].membership.account_id
    made = SignIn(platform.new_id(), person.id, account_id, now_ms, now_ms, browser.agent, browser.network)
    unit.people.add_sign_in(made, _digest(platform, cookie))
    return made


def _actor(unit: Unit, viewer: Viewer, permission: Permission) -> Membership:
    return acting_member(unit, viewer.account.id, viewer.person.id, permission)


def _member(unit: Unit, actor: Membership, person_id: str) -> Membership:
    """A member of the account, whom the actor may change.

    Raises:
        Refusal: NOT_FOUND, or ACCESS_DENIED: only an owner changes an owner.
    """
    member = unit.people.membership(actor.account_id, person_id)
    if member is None:
        raise refusals.not_found("member")
    actor.check_may_give(member.role)
    return member


def _members(unit: Unit, actor: Membership) -> list[Membership]:
    return [one.membership for one in unit.people.members_of(actor.account_id)]
