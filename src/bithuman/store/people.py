"""People, their memberships, links and sign-ins."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec.structs import asdict, replace
from sqlalchemy import Executable

from bithuman.core.people import Link, LinkPurpose, Membership, Person, Role, SignIn
from bithuman.store import queries
from bithuman.store.reader import Reader


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person, and the hash of the password."""

    person: Person
    password: str = field(repr=False)


class NamedMembership(NamedTuple):
    """A membership with the address of its account, or of its person."""

    membership: Membership
    email: str


class PeopleReader(Reader):
    """Reads people of one consistent state."""

    def has_operator(self) -> bool:
        """Whether somebody is the operator."""
        return self._first(queries.any_operator) is not None

    def person(self, person_id: str) -> Person | None:
        """A person by id."""
        row = self._first(queries.person_by_id, person_id=person_id)
        return None if row is None else _person_from(row)

    def person_by_email(self, email: str) -> KnownPerson | None:
        """A person by address."""
        row = self._first(queries.person_by_email, email=email)
        return None if row is None else KnownPerson(_person_from(row[:-1]), row.password)

    def membership(self, account_id: str, person_id: str) -> Membership | None:
        """A person's membership in an account."""
        row = self._first(queries.membership, account_id=account_id, person_id=person_id)
        return None if row is None else _membership_from(row)

    def memberships_of(self, person_id: str) -> list[NamedMembership]:
        """The person's memberships with the addresses of their accounts, oldest first."""
        return self._memberships(queries.memberships_of_person, person_id=person_id)

    def members_of(self, account_id: str) -> list[NamedMembership]:
        """The account's memberships with the addresses of their people, oldest first."""
        return self._memberships(queries.members_of_account, account_id=account_id)

    def link(self, digest: bytes) -> Link | None:
        """A link by the hash of its token."""
        row = self._first(queries.link_by_hash, hash=digest)
        return None if row is None else _link_from(row)

    def waiting_links(self, account_id: str) -> list[Link]:
        """The links into an account that were neither used nor revoked, newest first."""
        return [_link_from(row) for row in self._all(queries.waiting_links, account_id=account_id)]

    def invited_addresses(self, account_id: str) -> list[str]:
        """Every address that was ever invited into an account."""
        return [row.email for row in self._all(queries.invited_addresses, account_id=account_id)]

    def sign_in(self, digest: bytes) -> SignIn | None:
        """A sign-in by the hash of its cookie."""
        row = self._first(queries.sign_in_by_hash, hash=digest)
        return None if row is None else _sign_in_from(row)

    def open_sign_ins(self, person_id: str) -> list[SignIn]:
        """The person's sign-ins that nobody has ended, last used first."""
        return [_sign_in_from(row) for row in self._all(queries.open_sign_ins, person_id=person_id)]

    def _memberships(self, statement: Executable, **parameters: Any) -> list[NamedMembership]:
        return [NamedMembership(_membership_from(row[:-1]), row.email) for row in self._all(statement, **parameters)]


class PeopleWriter(PeopleReader):
    """Reads and writes people in a transaction that writes."""

    def add_person(self, person: Person, password: str) -> None:
        """Keep a new person, and the hash of the password."""
        self._write(queries.insert_person, **asdict(person), password=password)

    def change_password(self, person_id: str, password: str) -> None:
        """Keep the hash of another password."""
        self._write(queries.change_password, row_id=person_id, new_password=password)

    def add_member(self, membership: Membership) -> None:
        """Keep a new membership."""
        self._write(queries.insert_member, **asdict(membership))

    def change_role(self, account_id: str, person_id: str, role: Role) -> None:
        """Keep another role."""
        self._write(queries.change_role, of_account=account_id, of_person=person_id, new_role=role)

    def remove_member(self, account_id: str, person_id: str) -> None:
        """End a membership."""
        self._write(queries.remove_member, of_account=account_id, of_person=person_id)

    def forget_account(self, account_id: str, at_ms: int) -> None:
        """End the memberships and links of an account. People who have no other account, and do not operate the
        server, are forgotten: their address, their password, and what their browsers called themselves."""
        for link in self.waiting_links(account_id):
            self.revoke_link(account_id, link.id, at_ms)
        self._write(queries.forget_links, of_account=account_id)
        for member in self.members_of(account_id):
            person_id = member.membership.person_id
            self.remove_member(account_id, person_id)
            person = self.person(person_id)
            if person is None or person.is_operator or self.memberships_of(person_id):
                continue
            self.end_sign_ins(person_id, at_ms)
            self._write(queries.forget_sign_ins, of_person=person_id)
            self._write(queries.forget_person, row_id=person_id, pseudonym=person_id)

    def add_link(self, link: Link, digest: bytes) -> None:
        """Keep a new link, whose id the database chooses, and the hash of its token."""
        values = asdict(link)
        del values["id"]
        self._write(queries.insert_link, **values, hash=digest)

    def use_link(self, link_id: int, at_ms: int) -> None:
        """Remember that a link was used."""
        self._write(queries.use_link, row_id=link_id, at_ms=at_ms)

    def revoke_link(self, account_id: str, link_id: int, at_ms: int) -> bool:
        """Revoke a link into an account. Returns whether there was one."""
        return self._write(queries.revoke_link, row_id=link_id, of_account=account_id, at_ms=at_ms) > 0

    def revoke_setup_links(self, at_ms: int) -> None:
        """Revoke the set-up links that wait."""
        self._write(queries.revoke_setup_links, of_purpose=LinkPurpose.SETUP, at_ms=at_ms)

    def add_sign_in(self, sign_in: SignIn, digest: bytes) -> None:
        """Keep a new sign-in, and the hash of its cookie."""
        self._write(queries.insert_sign_in, **asdict(sign_in), hash=digest)

    def touch_sign_in(self, sign_in_id: str, at_ms: int) -> None:
        """Remember that a sign-in was used."""
        self._write(queries.touch_sign_in, row_id=sign_in_id, at_ms=at_ms)

    def show_account(self, sign_in_id: str, account_id: str) -> None:
        """Remember which account the pages of a sign-in show."""
        self._write(queries.show_account, row_id=sign_in_id, of_account=account_id)

    def end_sign_in(self, person_id: str, sign_in_id: str, at_ms: int) -> bool:
        """End a person's sign-in. Returns whether there was one."""
        return self._write(queries.end_sign_in, row_id=sign_in_id, of_person=person_id, at_ms=at_ms) > 0

    def end_sign_ins(self, person_id: str, at_ms: int) -> None:
        """End all sign-ins of a person."""
        self._write(queries.end_sign_ins, of_person=person_id, at_ms=at_ms)

    def _write(self, statement: Executable, **parameters: Any) -> int:
        return self._connection.execute(statement, parameters).rowcount


def _person_from(row: Any) -> Person:
    person = Person(*row)
    return replace(person, is_operator=bool(person.is_operator))


def _membership_from(row: Any) -> Membership:
    membership = Membership(*row)
    return replace(membership, role=Role(membership.role))


def _sign_in_from(row: Any) -> SignIn:
    return SignIn(*row)


def _link_from(row: Any) -> Link:
    link = Link(*row)
    return replace(link, purpose=LinkPurpose(link.purpose), role=Role(link.role))
