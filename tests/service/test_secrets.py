"""A secret that was ended stays ended."""

import asyncio

import pytest

from bithuman.core.refusals import Code, Refusal
from bithuman.service.accounts import create_account
from bithuman.service.authenticate import authenticate, is_valid
from bithuman.service.exchange import TokenRequest, exchange
from bithuman.service.heartbeat import heartbeat
from bithuman.service.secrets import NewSecret, create_secret, delete_secret, list_secrets, rotate_secret
from tests.doubles.platform import TimedPlatform


@pytest.mark.parametrize("end", [rotate_secret, delete_secret])
async def test_a_clock_that_steps_back_revives_no_secret_and_no_session(platform: TimedPlatform, end: object) -> None:
    account = await create_account(platform, "ada@example.com", "free")
    secret = account.secret.secret
    grant = await exchange(platform, authenticate(platform, secret), TokenRequest())
    assert callable(end)
    await end(platform, account.account.id, "default")
    platform.time.step(-1)
    assert not is_valid(platform, secret)
    with pytest.raises(Refusal):
        await heartbeat(platform, grant.token, 0)


@pytest.mark.parametrize("end", [rotate_secret, delete_secret])
async def test_an_overlap_is_cut_short_by_the_next_rotation_or_deletion(platform: TimedPlatform, end: object) -> None:
    account = await create_account(platform, "ada@example.com", "free")
    await rotate_secret(platform, account.account.id, "default", overlap_s=3_600)
    assert is_valid(platform, account.secret.secret)
    assert callable(end)
    await end(platform, account.account.id, "default")
    assert not is_valid(platform, account.secret.secret)


async def test_a_secret_that_was_rotated_after_it_authenticated_makes_and_ends_no_other(
    platform: TimedPlatform,
) -> None:
    account = await create_account(platform, "ada@example.com", "free")
    user_id, old = account.account.id, authenticate(platform, account.secret.secret)
    rotated, *late = await asyncio.gather(
        rotate_secret(platform, user_id, "default", by=old),
        create_secret(platform, user_id, "backdoor", by=old),
        rotate_secret(platform, user_id, "default", by=old),
        delete_secret(platform, user_id, "default", by=old),
        return_exceptions=True,
    )
    assert [outcome.code for outcome in late if isinstance(outcome, Refusal)] == [Code.UNAUTHORIZED] * 3
    assert isinstance(rotated, NewSecret)
    assert is_valid(platform, rotated.secret)
    assert [secret.alias for secret in list_secrets(platform, user_id)] == ["default"]


async def test_an_overlap_ends_when_it_was_said_to(platform: TimedPlatform) -> None:
    account = await create_account(platform, "ada@example.com", "free")
    await rotate_secret(platform, account.account.id, "default", overlap_s=10)
    platform.time.spend(9_999)
    assert is_valid(platform, account.secret.secret)
    platform.time.spend(1)
    assert not is_valid(platform, account.secret.secret)
