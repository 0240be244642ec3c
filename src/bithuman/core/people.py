"""People who sign in: what each role may do, and when a link or a sign-in is good."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from bithuman.core.refusals import Code, Refusal

DAY_MS = 86_400_000
LINK_LIFE_MS = DAY_MS
SIGN_IN_IDLE_MS = 7 * DAY_MS
"""A sign-in that is not used for so long is over."""
SIGN_IN_LIFE_MS = 30 * DAY_MS
"""Every sign-in is over after this time."""
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 1_000


class Role(StrEnum):
    """What a person is in an account."""

    OWNER = "owner"
    ADMIN = "admin"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What a role may allow."""

    SEE = "see"
    MANAGE_KEYS = "manage keys"
    END_SESSIONS = "end sessions"
    REVOKE_ALL = "revoke all"
    MANAGE_MEMBERS = "manage members"
    DELETE_ACCOUNT = "delete the account"


MAY = {
    Role.VIEWER: frozenset({Permission.SEE}),
    Role.DEVELOPER: frozenset({Permission.SEE, Permission.MANAGE_KEYS, Permission.END_SESSIONS}),
    Role.ADMIN: frozenset(Permission) - {Permission.DELETE_ACCOUNT},
    Role.OWNER: frozenset(Permission),
}
"""The permissions of each role."""


class Person(Struct, frozen=True):
    """Somebody who signs in. An operator may also do what `bithuman admin` does."""

    id: str
    email: str
    is_operator: bool
    created_ms: int


class Membership(Struct, frozen=True):
    """A person's role in an account."""

    account_id: str
    person_id: str
    role: Role
    since_ms: int

    def may(self, permission: Permission) -> bool:
        """Whether the role has the permission."""
        return permission in MAY[self.role]

    def check(self, permission: Permission) -> None:
        """Whether the role has the permission.

        Raises:
            Refusal: ACCESS_DENIED.
        """
        if not self.may(permission):
            raise Refusal(
                Code.ACCESS_DENIED,
                f"Your role in this account is {self.role}, which does not include this. "
                "Ask an owner or an admin of the account.",
            )

    def check_may_give(self, role: Role) -> None:
        """Whether a member with this role may give, or take away, another one.

        Raises:
            Refusal: ACCESS_DENIED.
        """
        if role is Role.OWNER and self.role is not Role.OWNER:
            raise Refusal(Code.ACCESS_DENIED, "Only an owner gives or takes away the role of an owner.")


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    SETUP = "setup"
    """The first person, who becomes the operator."""
    INVITATION = "invitation"
    """A member of an account, or the owner of a new one."""
    RESET = "reset"
    """Another password for a person."""


class Link(Struct, frozen=True):
    """A one-time link. The store keeps a hash of its token.

    `email`: whose it is; None where its page asks. `account_id`, `role`: which account it leads into; without an
    account, a new one. `made_by`: a person's id; None for the operator's command line.
    """

    id: int
    purpose: LinkPurpose
    created_ms: int
    expires_ms: int
    email: str | None = None
    account_id: str | None = None
    role: Role = Role.OWNER
    made_by: str | None = None
    used_ms: int | None = None
    revoked_ms: int | None = None

    def is_good(self, now_ms: int) -> bool:
        """Whether it still works."""
        return self.used_ms is None and self.revoked_ms is None and self.created_ms <= now_ms < self.expires_ms


class SignIn(Struct, frozen=True):
    """A browser in which a person is signed in. The store keeps a hash of its cookie.

    `account_id`: the account that its pages show. `agent`, `network`: what the browser calls itself, and where it came
    from, so that the person recognises it.
    """

    id: str
    person_id: str
    account_id: str
    created_ms: int
    seen_ms: int
    agent: str = ""
    network: str = ""
    ended_ms: int | None = None

    def is_good(self, now_ms: int) -> bool:
        """Whether it still works."""
        return (
            self.ended_ms is None
            and now_ms - self.seen_ms < SIGN_IN_IDLE_MS
            and now_ms - self.created_ms < SIGN_IN_LIFE_MS
        )


def check_owner_remains(leaving: Membership, members: Iterable[Membership]) -> None:
    """Whether an account still has an owner without this membership.

    Raises:
        Refusal: CONFLICT.
    """
    if not any(member.role is Role.OWNER and member.person_id != leaving.person_id for member in members):
        raise Refusal(Code.CONFLICT, "This is the account's last owner. Make another member an owner first.")
