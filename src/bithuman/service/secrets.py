"""Api-secrets: made, shown once, listed masked, rotated and deleted at once."""

from dataclasses import dataclass, field

from msgspec.structs import replace

from bithuman.core import refusals
from bithuman.core.accounts import ALIAS, DEAD, SecretRecord
from bithuman.core.people import Permission
from bithuman.core.refusals import Code, Refusal
from bithuman.core.secrets import hash_secret, mask, new_secret
from bithuman.service.lease import current_account
from bithuman.service.members import acting_member
from bithuman.service.platform import Platform
from bithuman.store.unit import Unit

MAX_OVERLAP_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret that was just made: the only time that anybody sees it."""

    alias: str
    secret: str = field(repr=False)


async def create_secret(
    platform: Platform,
    user_id: str,
    alias: str | None,
    *,
    by: SecretRecord | None = None,
    person_id: str | None = None,
) -> NewSecret:
    """Make a secret under `alias`, or under a made-up one.

    Args:
        by: the secret that asks for it, which must still live when it is made; None for people.
        person_id: who makes it in the console; None for the operator's command line.

    Raises:
        Refusal: VALIDATION_ERROR, CONFLICT where the alias is taken, or UNAUTHORIZED.
    """
    if alias is not None and not ALIAS.fullmatch(alias):
        raise refusals.invalid("alias takes 1 to 32 of A-Z a-z 0-9 . _ -, starting with a letter or a digit.")
    chosen = alias or f"key-{platform.random_below(62**6):x}"

    def decide(unit: Unit) -> NewSecret:
        now_ms = platform.now_ms()
        _check_still_may(unit, user_id, by, person_id, now_ms)
        return add_secret(unit, platform, user_id, chosen, now_ms, person_id)

    return await platform.database.writer.run(decide)


async def rotate_secret(
    platform: Platform,
    user_id: str,
    alias: str,
    overlap_s: int = 0,
    *,
    by: SecretRecord | None = None,
    person_id: str | None = None,
) -> NewSecret:
    """Replace a secret. The old one dies in the same transaction, or `overlap_s` later where the operator asks for it.

    Raises:
        Refusal: NOT_FOUND, VALIDATION_ERROR, or UNAUTHORIZED (see `create_secret`).
    """
    if not 0 <= overlap_s <= MAX_OVERLAP_S:
        raise refusals.invalid(f"overlap_seconds takes a whole number from 0 to {MAX_OVERLAP_S}.")

    def decide(unit: Unit) -> NewSecret:
        now_ms = platform.now_ms()
        _check_still_may(unit, user_id, by, person_id, now_ms)
        _kill(unit, user_id, alias, "secret_rotated", now_ms, dies_ms=now_ms + overlap_s * 1_000 if overlap_s else DEAD)
        return add_secret(unit, platform, user_id, alias, now_ms, person_id)

    return await platform.database.writer.run(decide)


async def delete_secret(
    platform: Platform,
    user_id: str,
    alias: str,
    *,
    by: SecretRecord | None = None,
    person_id: str | None = None,
) -> None:
    """End a secret at once.

    Raises:
        Refusal: NOT_FOUND, or UNAUTHORIZED (see `create_secret`).
    """

    def decide(unit: Unit) -> None:
        now_ms = platform.now_ms()
        _check_still_may(unit, user_id, by, person_id, now_ms)
        _kill(unit, user_id, alias, "secret_deleted", now_ms, dies_ms=DEAD)

    await platform.database.writer.run(decide)


def list_secrets(platform: Platform, user_id: str) -> list[SecretRecord]:
    """The account's living secrets, oldest first."""
    with platform.database.read() as snapshot:
        return snapshot.living_secrets(user_id, platform.now_ms())


async def revoke_all(platform: Platform, user_id: str) -> None:
    """Take runtime access from every secret made until now. A secret made later has it.

    Raises:
        Refusal: NOT_FOUND.
    """

    def decide(unit: Unit) -> None:
        now_ms = platform.now_ms()
        account = current_account(unit, platform, user_id, now_ms)
        unit.save_account(replace(account, revoked_through=unit.snapshot().newest_secret_id(user_id)))
        unit.record("runtime_revoked", user_id, user_id, now_ms)

    await platform.database.writer.run(decide)


def add_secret(
    unit: Unit, platform: Platform, user_id: str, alias: str, now_ms: int, made_by: str | None = None
) -> NewSecret:
    """Keep the hash of a new secret and return the secret itself.

    Raises:
        Refusal: CONFLICT where the alias is taken.
    """
    if unit.snapshot().secret_by_alias(user_id, alias) is not None:
        raise Refusal(Code.CONFLICT, f"There is a secret with the alias '{alias}'. Rotate it, or take another alias.")
    secret = new_secret(platform.random_below)
    unit.add_secret(user_id, alias, hash_secret(secret, platform.pepper), mask(secret), now_ms, made_by)
    unit.record("secret_created", user_id, alias, now_ms)
    return NewSecret(alias, secret)


def _check_still_may(unit: Unit, user_id: str, by: SecretRecord | None, person_id: str | None, now_ms: int) -> None:
    """Whether the secret that asks still lives, or the person who asks is still a member.

    A secret that was ended after it authenticated makes no other: a thief would outlive its rotation with that one.
    """
    if person_id is not None:
        acting_member(unit, user_id, person_id, Permission.MANAGE_KEYS)
    current = unit.secret(by.id) if by is not None else None
    if by is not None and (current is None or not current.is_live(now_ms)):
        raise refusals.dead_secret()


def _kill(unit: Unit, user_id: str, alias: str, event: str, now_ms: int, *, dies_ms: int) -> None:
    secret = unit.snapshot().secret_by_alias(user_id, alias)
    if secret is None:
        raise refusals.not_found("api-secret")
    # One that an earlier rotation left an overlap ends here: rotating again, or deleting, is how to cut it short.
    unit.end_outlasting_secrets(user_id, alias)
    unit.end_secret(secret.id, dies_ms)
    unit.record(event, user_id, alias, now_ms)
