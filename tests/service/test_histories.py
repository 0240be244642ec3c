"""Random histories: whatever happens in whatever order, the money adds up and nothing is billed twice.

A model beside the platform keeps its own account of the time that should have been billed. The clock steps back and
forth, months turn, answers are lost and repeated, heartbeats come many at once, keys rotate, accounts run dry.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bithuman.core.billing import MICRO, Activity, Balance, cost, month_of
from bithuman.core.refusals import Refusal
from bithuman.core.sessions import EndReason, Session
from bithuman.service.accounts import create_account, grant_credits, set_suspended
from bithuman.service.authenticate import authenticate
from bithuman.service.exchange import TokenRequest, exchange
from bithuman.service.heartbeat import end_session, heartbeat
from bithuman.service.lease import Grant
from bithuman.service.secrets import create_secret, revoke_all, rotate_secret
from bithuman.service.sessions import terminate_session
from bithuman.service.usage import read_usage, unbalanced_accounts
from bithuman.store import queries, rows
from tests.service.conftest import TimedPlatform

T = TypeVar("T")
EMAIL = "ada@example.com"
gaps = st.integers(0, 120_000) | st.integers(-400_000, 900_000)


@dataclass
class Seen:
    """What the model knows of a session: its newest grant, and the time that must have been billed."""

    grant: Grant
    seen_ms: int
    billed_ms: int = 0
    seq: int = -1


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.platform = TimedPlatform(self.folder)
        self.sessions: dict[str, Seen] = {}
        self.granted = 0

    def teardown(self) -> None:
        self.platform.close()
        self.loop.close()
        shutil.rmtree(self.folder)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(plan=st.sampled_from(["free", "creator"]), credits=st.integers(0, 20))
    def open_account(self, plan: str, credits: int) -> None:
        made = self.run(create_account(self.platform, EMAIL, plan, credits * MICRO))
        self.user_id, self.secret = made.account.id, made.secret.secret

    @rule(
        step_ms=st.one_of(
            st.integers(0, 120_000),
            st.integers(-7_200_000, 7_200_000),
            st.sampled_from([-1, 1]).map(lambda sign: sign * 40 * 86_400_000),
        )
    )
    def time_passes(self, step_ms: int) -> None:
        self.platform.time_ms += step_ms

    @rule(device=st.integers(0, 2), transaction=st.sampled_from([None, "t1", "t2"]), gap_ms=gaps)
    def ask(self, device: int, transaction: str | None, gap_ms: int) -> None:
        self.platform.time_ms += gap_ms
        request = TokenRequest(f"{device:032x}", transaction)
        try:
            secret = authenticate(self.platform, self.secret)
            grant = self.run(exchange(self.platform, secret, request))
        except Refusal:
            self.take_over_what_a_refusal_billed()
            return
        session = grant.session
        known = self.sessions.get(session.id)
        if known is None:
            self.sessions[session.id] = Seen(grant, self.platform.time_ms)
        else:
            self.renewed(known, grant)
            known.seq = -1

    @precondition(lambda self: self.sessions)
    @rule(data=st.data(), copies=st.integers(1, 4), gap_ms=gaps)
    def beat(self, data: st.DataObject, copies: int, gap_ms: int) -> None:
        """The same heartbeat, several times at once: all get the same answer, and one is billed."""
        self.platform.time_ms += gap_ms
        known = data.draw(st.sampled_from(list(self.sessions.values())))
        token, seq = known.grant.token, known.seq + 1

        async def at_once() -> list[Grant | BaseException]:
            beats = (heartbeat(self.platform, token, seq) for _ in range(copies))
            return await asyncio.gather(*beats, return_exceptions=True)

        answers = self.run(at_once())
        grants = [answer for answer in answers if isinstance(answer, Grant)]
        assert all(isinstance(answer, Grant | Refusal) for answer in answers)
        if not grants:
            self.take_over_what_a_refusal_billed()
            return
        assert len(grants) == copies
        assert len({grant.token for grant in grants}) == 1
        self.renewed(known, grants[0])
        known.seq = seq

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def the_answer_was_lost(self, data: st.DataObject) -> None:
        """The client beats, hears nothing, and repeats itself later with its old token."""
        known = data.draw(st.sampled_from(list(self.sessions.values())))
        token, seq = known.grant.token, known.seq + 1
        try:
            first = self.run(heartbeat(self.platform, token, seq))
        except Refusal:
            self.take_over_what_a_refusal_billed()
            return
        event("answer lost")
        self.renewed(known, first)
        known.seq = seq
        self.platform.time_ms += 1_500
        assert self.run(heartbeat(self.platform, token, seq)) == first

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        known = data.draw(st.sampled_from(list(self.sessions.values())))
        was_open = self.stored(known).end_reason is None
        try:
            self.run(end_session(self.platform, known.grant.token))
        except Refusal:
            return
        if was_open:
            self.billed(known)

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def terminate(self, data: st.DataObject) -> None:
        known = data.draw(st.sampled_from(list(self.sessions.values())))
        self.run(terminate_session(self.platform, self.user_id, known.grant.session.id))
        self.take_over_what_a_refusal_billed()

    @rule()
    def rotate(self) -> None:
        self.secret = self.run(rotate_secret(self.platform, self.user_id, "default")).secret

    @rule()
    def revoke(self) -> None:
        self.run(revoke_all(self.platform, self.user_id))
        self.secret = self.run(create_secret(self.platform, self.user_id, None)).secret

    @rule(credits=st.integers(1, 30))
    def top_up(self, credits: int) -> None:
        self.run(grant_credits(self.platform, EMAIL, credits * MICRO))

    @rule(data=st.data())
    def suspend_for_a_while(self, data: st.DataObject) -> None:
        self.run(set_suspended(self.platform, EMAIL, suspended=True))
        if self.sessions:
            self.beat(data=data, copies=1, gap_ms=0)
        self.ask(device=0, transaction="t1", gap_ms=0)
        self.run(set_suspended(self.platform, EMAIL, suspended=False))

    @invariant()
    def the_balance_is_the_ledger(self) -> None:
        assert unbalanced_accounts(self.platform) == []
        if not hasattr(self, "user_id"):
            return
        page = read_usage(self.platform, self.user_id, limit=10_000, offset=0)
        assert self.balance().total == sum(entry.plan_change + entry.topup_change for entry in page.entries)
        granted = [month_of(entry.at_ms) for entry in page.entries if entry.activity == Activity.PLAN_GRANT]
        assert len(granted) == len(set(granted))
        used: dict[str | None, int] = {}
        for entry in page.entries:
            used[entry.session_id] = used.get(entry.session_id, 0) - entry.plan_change - entry.topup_change
        for session_id, known in self.sessions.items():
            session = self.stored(known)
            assert session.billed_ms == known.billed_ms
            assert session.charged == cost(session.rate, known.billed_ms) == used.get(session_id, 0)

    def renewed(self, known: Seen, grant: Grant) -> None:
        ended = known.grant.session.id in self.ended_before
        self.ended_before.discard(known.grant.session.id)
        if ended:
            known.seen_ms = self.platform.time_ms
        self.billed(known)
        known.grant = grant
        assert self.balance().total > 0, "nobody renders on credit"

    @property
    def ended_before(self) -> set[str]:
        """Sessions that a refusal or an operator ended, whose time off is not billed."""
        if not hasattr(self, "_ended"):
            self._ended: set[str] = set()
        return self._ended

    def billed(self, known: Seen) -> None:
        gap_ms = self.platform.time_ms - known.seen_ms
        event(
            "billed past the cap"
            if gap_ms > self.platform.timing.grace_ms
            else "billed"
            if gap_ms > 0
            else "billed nothing"
        )
        known.billed_ms += min(max(gap_ms, 0), self.platform.timing.grace_ms)
        known.seen_ms = self.platform.time_ms
        self.take_over_what_a_refusal_billed()

    def take_over_what_a_refusal_billed(self) -> None:
        """A session that ran dry or was terminated was billed up to that moment, at most for the gap before it."""
        for session_id, known in self.sessions.items():
            session = self.stored(known)
            if session.end_reason is None or session_id in self.ended_before:
                continue
            self.ended_before.add(session_id)
            if session.end_reason in (EndReason.INSUFFICIENT_BALANCE, EndReason.TERMINATED):
                gap_ms = session.seen_ms - known.seen_ms
                assert session.billed_ms - known.billed_ms in (0, min(max(gap_ms, 0), self.platform.timing.grace_ms))
                known.billed_ms, known.seen_ms = session.billed_ms, session.seen_ms

    def balance(self) -> Balance:
        return rows.account_from(self.platform.database.all(queries.accounts_by_id, ids=[self.user_id])[0]).balance

    def stored(self, known: Seen) -> Session:
        row = self.platform.database.all(queries.sessions_by_id, ids=[known.grant.session.id])[0]
        return rows.session_from(row)


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=80, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
