"""What the platform holds of a person: all of it in one export, and none that names anybody after a deletion."""

from dataclasses import dataclass

from msgspec.structs import replace

from bithuman.core import refusals
from bithuman.core.accounts import Account, AccountEvent, SecretRecord
from bithuman.core.billing import Entry
from bithuman.core.sessions import State
from bithuman.service.accounts import find_account, normal_address
from bithuman.service.lease import current_account, terminate
from bithuman.service.platform import Platform
from bithuman.service.sessions import SessionView, view_session
from bithuman.store.people import NamedMembership
from bithuman.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that the platform holds of an account, of one moment, oldest first. No secret and no hash is in it."""

    at_ms: int
    account: Account
    secrets: list[SecretRecord]
    sessions: list[SessionView]
    entries: list[Entry]
    events: list[AccountEvent]
    members: list[NamedMembership]


@dataclass(frozen=True, slots=True)
class Deletion:
    """An account that was deleted, and what ended with it."""

    account: Account
    secrets_ended: int
    sessions_ended: int


def read_holdings(platform: Platform, email: str) -> Holdings:
    """All that there is of the account of an address.

    Raises:
        Refusal: NOT_FOUND.
    """
    user_id = find_account(platform, email).id
    now_ms = platform.now_ms()
    with platform.database.read() as snapshot:
        account = snapshot.account(user_id)
        assert account is not None
        return Holdings(
            now_ms,
            account,
            snapshot.all_secrets(user_id),
            [view_session(platform, session, now_ms) for session in snapshot.all_sessions(user_id)],
            snapshot.all_entries(user_id),
            snapshot.all_events(user_id),
            snapshot.people.members_of(user_id),
        )


async def delete_account(platform: Platform, email: str) -> Deletion:
    """Delete an account: its secrets die, its sessions end and are billed, and what names a person is removed.

    The ledger stays, under the account's id, because the balance is its sum. The address may be used again.

    Raises:
        Refusal: NOT_FOUND.
    """

    def decide(unit: Unit) -> Deletion:
        now_ms = platform.now_ms()
        account = unit.snapshot().account_by_email(normal_address(email))
        if account is None:
            raise refusals.unknown_address()
        user_id, address, ended = account.id, account.email, 0
        for session_id in unit.snapshot().unclosed_session_ids(user_id):
            session = unit.session(session_id)
            assert session is not None
            ended += session.state(now_ms, platform.timing) is not State.ENDED
            # Each that ends changes the account's balance.
            terminate(unit, platform, current_account(unit, platform, user_id, now_ms), session, now_ms)
        secrets = unit.snapshot().all_secrets(user_id)
        members = [member.email for member in unit.people.members_of(user_id)]
        invited = unit.people.invited_addresses(user_id)
        unit.forget_person(user_id, [address, *{secret.alias for secret in secrets}, *members, *invited])
        unit.people.forget_account(user_id, now_ms)
        account = replace(current_account(unit, platform, user_id, now_ms), email=user_id, deleted_ms=now_ms)
        unit.save_account(account)
        unit.record("account_deleted", account.id, account.id, now_ms)
        return Deletion(account, sum(secret.is_live(now_ms) for secret in secrets), ended)

    return await platform.database.writer.run(decide)
