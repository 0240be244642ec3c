"""What the platform holds of a person: all of it in one export, and none that names anybody after a deletion."""

from dataclasses import dataclass

from msgspec.structs import replace

from bithuman.core import refusals
from bithuman.core.accounts import Account, SecretRecord
from bithuman.core.billing import Entry
from bithuman.core.sessions import State
from bithuman.service.accounts import find_account, normal_address
from bithuman.service.lease import current_account, terminate
from bithuman.service.platform import Platform
from bithuman.service.sessions import SessionView, view_session
from bithuman.store import queries, rows
from bithuman.store.unit import Unit


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """Something that was done to an account. `count`: how often within a minute."""

    at_ms: int
    event: str
    subject: str
    count: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that the platform holds of an account, of one moment, oldest first. No secret and no hash is in it."""

    at_ms: int
    account: Account
    secrets: list[SecretRecord]
    sessions: list[SessionView]
    entries: list[Entry]
    events: list[AccountEvent]


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
    whose = {"user_id": user_id}
    with platform.database.read() as connection:
        account = connection.execute(queries.accounts_by_id, {"ids": [user_id]}).one()
        return Holdings(
            now_ms,
            rows.account_from(account),
            [rows.secret_from(row) for row in connection.execute(queries.all_secrets, whose)],
            [view_session(platform, row, now_ms) for row in connection.execute(queries.all_sessions, whose)],
            [rows.entry_from(row) for row in connection.execute(queries.all_entries, whose)],
            [AccountEvent(*row) for row in connection.execute(queries.all_events, whose)],
        )


async def delete_account(platform: Platform, email: str) -> Deletion:
    """Delete an account: its secrets die, its sessions end and are billed, and what names a person is removed.

    The ledger stays, under the account's id, because the balance is its sum. The address may be used again.

    Raises:
        Refusal: NOT_FOUND.
    """

    def decide(unit: Unit) -> Deletion:
        now_ms = platform.now_ms()
        row = unit.first(queries.account_by_email, email=normal_address(email))
        if row is None:
            raise refusals.unknown_address()
        ended = 0
        for found in unit.all(queries.unclosed_sessions, user_id=row.id):
            session = unit.session(found.id)
            assert session is not None
            ended += session.state(now_ms, platform.timing) is not State.ENDED
            # Each that ends changes the account's balance.
            terminate(unit, platform, current_account(unit, platform, row.id, now_ms), session, now_ms)
        secrets = [rows.secret_from(found) for found in unit.all(queries.all_secrets, user_id=row.id)]
        names = [row.email, *{secret.alias for secret in secrets}]
        unit.execute(queries.forget_secrets, of_user=row.id, pseudonym=row.id)
        unit.execute(queries.forget_sessions, of_user=row.id)
        unit.execute(queries.forget_subjects, of_user=row.id, subjects=names, pseudonym=row.id)
        account = replace(current_account(unit, platform, row.id, now_ms), email=row.id, deleted_ms=now_ms)
        unit.save_account(account)
        unit.record("account_deleted", account.id, account.id, now_ms)
        return Deletion(account, sum(secret.is_live(now_ms) for secret in secrets), ended)

    return await platform.database.writer.run(decide)
