"""What the operator does to an account: another plan, an export, a deletion."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from sqlalchemy import select

from bithuman.core.billing import MICRO, Activity
from bithuman.core.people import Role
from bithuman.core.refusals import Code, Refusal
from bithuman.core.sessions import EndReason
from bithuman.service import people
from bithuman.service.abandonment import end_abandoned
from bithuman.service.accounts import NewAccount, create_account, list_accounts, read_overview, set_plan
from bithuman.service.authenticate import authenticate
from bithuman.service.exchange import TokenRequest, exchange
from bithuman.service.heartbeat import heartbeat
from bithuman.service.lease import IssuedToken
from bithuman.service.personal_data import delete_account, read_holdings
from bithuman.service.secrets import create_secret, delete_secret
from bithuman.service.usage import unbalanced_accounts
from bithuman.store import schema
from tests.doubles.platform import TimedPlatform
from tests.rows import all_rows

EMAIL = "ada@example.com"
LAST_MINUTE_MS = 1_796_083_140_000  # 2026-11-30T23:59:00Z
T = TypeVar("T")


def do(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


@pytest.fixture
def ada(platform: TimedPlatform) -> NewAccount:
    return do(create_account(platform, EMAIL, "creator", topup=5 * MICRO))


def open_session(platform: TimedPlatform, made: NewAccount, number: int = 0) -> IssuedToken:
    """A session with every label that a client may give."""
    request = TokenRequest(
        fingerprint=f"{number:032x}",
        transaction_id=f"transaction-{number}",
        details={"end_user": "Grace Hopper", "room_name": "grace's room", "tags": "grace", "model_hash": "00"},
    )
    return do(exchange(platform, authenticate(platform, made.secret.secret), request))


class TestSetPlan:
    def test_a_larger_plan_grants_the_difference_and_more_places(
        self, platform: TimedPlatform, ada: NewAccount
    ) -> None:
        for number in range(3):
            open_session(platform, ada, number)
        with pytest.raises(Refusal):
            open_session(platform, ada, 3)
        creator, pro = (platform.plan(name).credits for name in ("creator", "pro"))
        account = do(set_plan(platform, EMAIL, "pro"))
        assert (account.plan, account.balance.plan) == ("pro", pro)
        assert account.balance.topup == 5 * MICRO
        assert read_holdings(platform, EMAIL).entries[-1].plan_change == pro - creator
        open_session(platform, ada, 3)
        assert unbalanced_accounts(platform) == []

    def test_a_smaller_plan_takes_back_what_is_left_and_cuts_nobody(
        self, platform: TimedPlatform, ada: NewAccount
    ) -> None:
        grants = [open_session(platform, ada, number) for number in range(3)]
        account = do(set_plan(platform, EMAIL, "free"))
        assert (account.plan, account.balance.plan) == ("free", platform.plan("free").credits)
        platform.time.spend(60_000)
        assert all(isinstance(do(heartbeat(platform, grant.token, 0)), IssuedToken) for grant in grants)
        assert unbalanced_accounts(platform) == []

    def test_the_same_plan_again_changes_nothing(self, platform: TimedPlatform, ada: NewAccount) -> None:
        before = read_holdings(platform, EMAIL)
        assert do(set_plan(platform, EMAIL, "creator")).balance == before.account.balance
        assert read_holdings(platform, EMAIL).entries == before.entries

    def test_the_next_month_brings_the_new_plans_credits(self, platform: TimedPlatform, ada: NewAccount) -> None:
        do(set_plan(platform, EMAIL, "pro"))
        platform.time.spend(31 * 86_400_000)
        assert read_overview(platform, EMAIL).account.balance.plan == platform.plan("pro").credits
        (listed,) = list_accounts(platform)
        assert listed.balance == read_overview(platform, EMAIL).account.balance

    def test_a_plan_that_there_is_not(self, platform: TimedPlatform, ada: NewAccount) -> None:
        with pytest.raises(Refusal, match="free, creator") as caught:
            do(set_plan(platform, EMAIL, "gold"))
        assert caught.value.code is Code.VALIDATION_ERROR


class TestDeletion:
    def test_what_is_used_until_then_is_billed_and_nothing_after(
        self, platform: TimedPlatform, ada: NewAccount
    ) -> None:
        grants = [open_session(platform, ada, number) for number in range(2)]
        platform.time.spend(30_000)
        deleted = do(delete_account(platform, EMAIL))
        assert (deleted.secrets_ended, deleted.sessions_ended) == (1, 2)
        rate = platform.schedule.price(None).rate
        assert deleted.account.balance.total == platform.plan("creator").credits + 5 * MICRO - rate
        assert unbalanced_accounts(platform) == []

        for gap_ms in (10_000, 280_000, 40 * 86_400_000):
            platform.time.spend(gap_ms)
            for grant in grants:
                with pytest.raises(Refusal) as caught:
                    do(heartbeat(platform, grant.token, 0))
                assert caught.value.code in (Code.UNAUTHORIZED, Code.TOKEN_EXPIRED)
        do(end_abandoned(platform))
        (left,) = list_accounts(platform)
        assert left == deleted.account
        assert unbalanced_accounts(platform) == []

    def test_a_new_month_brings_it_no_credits(self, platform: TimedPlatform, ada: NewAccount) -> None:
        platform.time.spend(LAST_MINUTE_MS - platform.now_ms())
        grant = open_session(platform, ada)
        deleted = do(delete_account(platform, EMAIL))
        platform.time.spend(90_000)
        with pytest.raises(Refusal):
            do(heartbeat(platform, grant.token, 0))
        assert list_accounts(platform) == [deleted.account]

    def test_every_secret_dies(self, platform: TimedPlatform, ada: NewAccount) -> None:
        second = do(create_secret(platform, ada.account.id, "second"))
        do(delete_account(platform, EMAIL))
        for secret in (ada.secret, second):
            with pytest.raises(Refusal):
                authenticate(platform, secret.secret)

    def test_what_names_a_person_is_nowhere_in_the_tables(self, platform: TimedPlatform, ada: NewAccount) -> None:
        do(create_secret(platform, ada.account.id, "adas-laptop"))
        do(delete_secret(platform, ada.account.id, "adas-laptop"))
        open_session(platform, ada)
        person = do(people.invite(platform, EMAIL, ada.account.id, Role.OWNER))
        browser = people.Browser("Ada's browser", "192.0.2.99")
        signed_in = do(people.follow_link(platform, person.token, "", "a long password", browser))
        do(people.invite(platform, "ada@invited.example", ada.account.id, Role.VIEWER))
        viewer = do(people.read_viewer(platform, signed_in.token))
        assert viewer is not None
        do(people.revoke_link(platform, viewer, 2))
        do(delete_account(platform, EMAIL))
        for table in schema.metadata.sorted_tables:
            text = str([tuple(row) for row in all_rows(platform.database, select(table))]).lower()
            for name in (
                "ada@",
                "adas-laptop",
                "default",
                "ada's browser",
                "192.0.2.99",
                "argon2",
                "grace",
                ada.secret.secret[-4:].lower() + "'",
            ):
                assert name not in text, table.name

    def test_the_ledger_and_the_sessions_that_it_bills_stay(self, platform: TimedPlatform, ada: NewAccount) -> None:
        session = open_session(platform, ada).session
        platform.time.spend(60_000)
        before = all_rows(platform.database, select(schema.ledger))
        do(delete_account(platform, EMAIL))
        after = all_rows(platform.database, select(schema.ledger))
        assert after[: len(before)] == before
        assert (after[-1].user_id, after[-1].session_id) == (ada.account.id, session.id)
        (kept,) = all_rows(platform.database, select(schema.sessions))
        assert kept.end_reason == EndReason.TERMINATED

    def test_another_account_is_untouched(self, platform: TimedPlatform, ada: NewAccount) -> None:
        bob = do(create_account(platform, "bob@example.com", "creator"))
        open_session(platform, bob)
        before = read_holdings(platform, "bob@example.com")
        do(delete_account(platform, EMAIL))
        assert read_holdings(platform, "bob@example.com") == before

    def test_the_address_begins_anew(self, platform: TimedPlatform, ada: NewAccount) -> None:
        do(delete_account(platform, EMAIL))
        again = do(create_account(platform, EMAIL, "free"))
        assert again.account.id != ada.account.id
        assert [entry.activity for entry in read_holdings(platform, EMAIL).entries] == [Activity.PLAN_GRANT]

    def test_a_second_time_there_is_no_such_account(self, platform: TimedPlatform, ada: NewAccount) -> None:
        do(delete_account(platform, EMAIL))
        for address in (EMAIL, ada.account.id):
            with pytest.raises(Refusal) as caught:
                do(delete_account(platform, address))
            assert caught.value.code is Code.NOT_FOUND
