"""Random histories: whatever happens in whatever order, the money adds up and no time is billed twice.

Beside the platform runs a model that measures time on a clock of its own, which no step of the date touches. Sessions
of one account open, beat, fall silent, come back and are given up; the date steps, months turn, answers are lost and
repeated, heartbeats come many at once, keys rotate, the account is suspended and runs dry, the server restarts.
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
from sqlalchemy import func, select

from bithuman.core.billing import MICRO, Activity, Entry, cost, month_of
from bithuman.core.metering import EARLY_DIVISOR
from bithuman.core.refusals import Code, Refusal
from bithuman.core.sessions import LEAST_MS, EndReason, Session, State
from bithuman.core.tokens import CLOCK_SKEW_MS
from bithuman.service.abandonment import end_abandoned
from bithuman.service.accounts import create_account, grant_credits, set_suspended
from bithuman.service.authenticate import authenticate
from bithuman.service.exchange import TokenRequest, exchange
from bithuman.service.heartbeat import end_session, heartbeat, introspect
from bithuman.service.lease import IssuedToken
from bithuman.service.secrets import create_secret, revoke_all, rotate_secret
from bithuman.service.sessions import terminate_session
from bithuman.service.settings import Settings
from bithuman.service.usage import unbalanced_accounts
from bithuman.store import queries, rows
from bithuman.store.schema import ledger, sessions
from tests.doubles.clocks import FakeMachineClocks
from tests.doubles.platform import TimedPlatform
from tests.rows import all_rows

T = TypeVar("T")
EMAIL = "ada@example.com"
DEVICES = 5
gaps = st.integers(0, 90_000) | st.integers(0, 900_000)


@dataclass
class Known:
    """What the model knows of a session. Times are on the clock that never steps.

    `closed_ms`: the time of all finished gaps between accepted requests, each no longer than its token lived.
    `ahead_ms`: what was billed of the gap that is not finished. `gaps`: how many there were.
    """

    grant: IssuedToken
    opened_ms: int
    seen_ms: int
    seq: int = -1
    closed_ms: int = 0
    ahead_ms: int = 0
    accepted_ms: int = 0
    gaps: int = 1
    over: EndReason | None = None

    def gap_ms(self, now_ms: int) -> int:
        return min(now_ms - self.seen_ms, self.grant.session.life_ms)

    @property
    def counted_ms(self) -> int:
        return self.closed_ms + self.ahead_ms


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.time = FakeMachineClocks()
        self.platform = TimedPlatform(Settings(data_dir=self.folder), self.time)
        self.known: dict[str, Known] = {}
        self.user_id = ""
        self.swept_ms = 0

    def teardown(self) -> None:
        self.platform.close()
        self.loop.close()
        shutil.rmtree(self.folder)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(
        plan=st.sampled_from(["free", "creator", "pro"]), credits=st.integers(0, 8) | st.none(), asks=st.integers(1, 8)
    )
    def open_account(self, plan: str, credits: int | None, asks: int) -> None:
        """An account with few credits, or with those of its plan."""
        made = self.run(create_account(self.platform, EMAIL, plan))
        self.user_id, self.secret, self.plan = made.account.id, made.secret.secret, self.platform.plan(plan)
        if credits is not None:
            left = credits * MICRO - made.account.balance.plan
            entry = Entry(self.user_id, Activity.PLAN_LAPSE, left, 0, self.platform.now_ms())
            self.run(self.platform.database.writer.run(lambda unit: unit.post(made.account, [entry])))
        for number in range(asks):
            self.ask(device=number % DEVICES, transaction="t1", gap_ms=0, tries=1)

    @rule(
        what=st.sampled_from(
            ["the_server_gives_up_who_is_never_heard"] * 4
            + ["the_server_restarts", "a_month_passes", "rotate", "revoke", "top_up"]
        )
    )
    def something_happens(self, what: str) -> None:
        """One rule for all of it: what sessions do must stay the most frequent."""
        getattr(self, what)()

    def a_month_passes(self) -> None:
        self.spend(40 * 86_400_000)

    @rule(step_ms=st.integers(-7_200_000, 7_200_000) | st.sampled_from([-86_400_000, 86_400_000]))
    def the_date_steps(self, step_ms: int) -> None:
        self.time.step(step_ms)
        event("date stepped")

    def the_server_gives_up_who_is_never_heard(self) -> None:
        self.swept_ms = self.time.steady_ms
        self.run(end_abandoned(self.platform))
        for session in self.stored().values():
            assert session.end_reason or session.state(self.platform.now_ms(), self.platform.timing) is not State.ENDED
            known = self.known[session.id]
            if session.end_reason is EndReason.EXPIRED and known.over is None:
                event("abandoned")
                known.over = EndReason.EXPIRED
                known.ahead_ms = max(known.ahead_ms, self.abandoned_ms(known))

    def the_server_restarts(self) -> None:
        if abs(self.platform.now_ms() - self.time.date_ms) > 100:
            return
        self.platform.close()
        self.platform = TimedPlatform(Settings(data_dir=self.folder), self.time)

    @rule(
        device=st.integers(0, DEVICES - 1),
        transaction=st.sampled_from([None, "t1", "t2", "t3"]),
        gap_ms=gaps,
        tries=st.integers(1, 3),
    )
    def ask(self, device: int, transaction: str | None, gap_ms: int, tries: int) -> None:
        self.spend(gap_ms)
        request = TokenRequest(f"{device:032x}", transaction)
        for _ in range(tries):
            before = self.stored()
            try:
                secret = authenticate(self.platform, self.secret)
                grant = self.run(exchange(self.platform, secret, request))
            except Refusal as refusal:
                self.refused(refusal, before)
                return
            known = self.known.get(grant.session.id)
            if known is None:
                self.known[grant.session.id] = Known(grant, self.time.steady_ms, self.time.steady_ms)
            else:
                self.accepted(known, grant)
                known.seq = -1

    @precondition(lambda self: self.known)
    @rule(data=st.data(), copies=st.integers(1, 4), gap_ms=gaps, is_old=st.sampled_from([False, False, True]))
    def beat(self, data: st.DataObject, copies: int, gap_ms: int, is_old: bool) -> None:
        """The same heartbeat, several times at once: all get the same answer, and one is billed. An old one is not."""
        self.spend(gap_ms)
        known = self.draw(data)
        seq = max(known.seq, 0) if is_old else known.seq + 1
        token, before = known.grant.token, self.stored()

        async def at_once() -> list[IssuedToken | BaseException]:
            beats = (heartbeat(self.platform, token, seq) for _ in range(copies))
            return await asyncio.gather(*beats, return_exceptions=True)

        answers = self.run(at_once())
        grants = [answer for answer in answers if isinstance(answer, IssuedToken)]
        if not grants:
            assert isinstance(answers[0], Refusal)
            self.refused(answers[0], before)
            return
        assert len(grants) == copies
        assert len({grant.token for grant in grants}) == 1
        if grants[0] != known.grant:
            self.accepted(known, grants[0])
            known.seq = seq

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def the_answer_was_lost(self, data: st.DataObject) -> None:
        """The client beats, hears nothing, and repeats itself later with its old token."""
        known = self.draw(data)
        token, seq, before = known.grant.token, known.seq + 1, self.stored()
        known_claims = known.grant.session.claims()
        try:
            first = self.run(heartbeat(self.platform, token, seq))
        except Refusal as refusal:
            self.refused(refusal, before)
            return
        event("answer lost")
        self.accepted(known, first)
        known.seq = seq
        self.spend(1_500)
        if self.platform.now_ms() < known_claims.expires_ms + CLOCK_SKEW_MS:
            assert self.run(heartbeat(self.platform, token, seq)) == first

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        known, before = self.draw(data), self.stored()
        try:
            self.run(end_session(self.platform, known.grant.token))
        except Refusal as refusal:
            self.refused(refusal, before)
        else:
            self.take_over_bills(before)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def terminate(self, data: st.DataObject) -> None:
        known = self.draw(data)
        before = self.stored()[known.grant.session.id]
        expired = before.state(self.platform.now_ms(), self.platform.timing) is State.ENDED
        self.run(terminate_session(self.platform, self.user_id, before.id))
        if expired and known.over is None:
            known.ahead_ms = max(known.ahead_ms, self.abandoned_ms(known))
        if expired:
            known.over = EndReason.TERMINATED
        self.take_over_ends()

    def rotate(self) -> None:
        self.secret = self.run(rotate_secret(self.platform, self.user_id, "default")).secret

    def revoke(self) -> None:
        self.run(revoke_all(self.platform, self.user_id))
        self.secret = self.run(create_secret(self.platform, self.user_id, None)).secret

    def top_up(self) -> None:
        self.run(grant_credits(self.platform, EMAIL, MICRO))

    @rule(data=st.data(), device=st.integers(0, DEVICES - 1), gap_ms=gaps)
    def suspend_for_a_while(self, data: st.DataObject, device: int, gap_ms: int) -> None:
        self.run(set_suspended(self.platform, EMAIL, suspended=True))
        if self.known:
            self.beat(data=data, copies=1, gap_ms=gap_ms, is_old=False)
        self.ask(device=device, transaction="t1", gap_ms=gap_ms, tries=1)
        self.run(set_suspended(self.platform, EMAIL, suspended=False))

    @invariant()
    def the_balance_is_the_ledger(self) -> None:
        assert unbalanced_accounts(self.platform) == []
        grants = select(ledger.c.at_ms).where(ledger.c.activity == Activity.PLAN_GRANT)
        months = [month_of(row.at_ms) for row in all_rows(self.platform.database, grants)]
        assert len(months) == len(set(months))

    @invariant()
    def every_session_is_billed_for_its_time_once(self) -> None:
        used = self.used()
        for session_id, session in self.stored().items():
            known = self.known[session_id]
            counted_ms = session.billed_ms + max(session.owed_ms, 0)
            # A duration over a moment at which the date was being followed is rounded to a millisecond.
            assert abs(counted_ms - known.counted_ms) <= known.gaps
            assert session.charged == cost(session.rate, session.billed_ms) == used.get(session_id, 0)
            assert session.owed_ms * EARLY_DIVISOR < self.platform.timing.heartbeat_ms
            least_ms = known.accepted_ms + (self.abandoned_ms(known) if known.over is EndReason.EXPIRED else 0)
            assert least_ms - known.gaps <= counted_ms <= self.time.steady_ms - known.opened_ms + known.gaps

    @invariant()
    def no_more_is_authorised_than_the_plan_and_the_balance_allow(self) -> None:
        now_ms, timing = self.platform.now_ms(), self.platform.timing
        live = [one for one in self.stored().values() if one.state(now_ms, timing) is State.LIVE]
        assert not live or len(live) <= self.plan.sessions
        tokens = [known.grant.token for known in self.known.values()]
        active = [token for token in tokens if introspect(self.platform, self.user_id, token) is not None]
        assert not active or len(active) <= self.plan.sessions
        least = cost(max(price.rate for price in self.platform.schedule.prices.values()), LEAST_MS)
        assert self.balance() >= -least

    def spend(self, ms: int) -> None:
        """Let time pass. After an interval at the latest the server looks for abandoned sessions."""
        self.time.spend(ms)
        if self.time.steady_ms - self.swept_ms > self.platform.timing.heartbeat_ms:
            self.the_server_gives_up_who_is_never_heard()

    def draw(self, data: st.DataObject) -> Known:
        return data.draw(st.sampled_from(list(self.known.values())))

    def abandoned_ms(self, known: Known) -> int:
        """What a session is billed for that is never heard again."""
        interval_ms = self.platform.timing.interval_ms(known.grant.session.life_ms)
        return min(interval_ms, known.gap_ms(self.time.steady_ms))

    def accepted(self, known: Known, grant: IssuedToken) -> None:
        """A request was granted: the gap before it counts, unless the session was over."""
        if known.over in (None, EndReason.EXPIRED):
            gap_ms = known.gap_ms(self.time.steady_ms)
            if known.over is EndReason.EXPIRED:
                event("came back")
            known.closed_ms += max(gap_ms, known.ahead_ms)
            known.accepted_ms += gap_ms
            known.gaps += 1
        known.ahead_ms, known.over = 0, None
        known.seen_ms, known.grant = self.time.steady_ms, grant
        self.take_over_ends()

    def refused(self, refusal: Refusal, before: dict[str, Session]) -> None:
        """A request was refused: the session that it meant, if it is one, was billed until now."""
        event(f"refused: {refusal.code}")
        for key, session in self.stored().items():
            if session != before[key] and session.end_reason in _OPEN and before[key].end_reason is None:
                assert refusal.code in (Code.CONCURRENCY_LIMIT_REACHED, Code.TOKEN_EXPIRED)
        self.take_over_bills(before)

    def take_over_bills(self, before: dict[str, Session]) -> None:
        """A session that was billed and may still come back was billed until now."""
        after = self.stored()
        for key, known in self.known.items():
            if after[key] == before[key] or after[key].end_reason not in _OPEN:
                continue
            gap_ms = known.gap_ms(self.time.steady_ms)
            known.ahead_ms = max(known.ahead_ms, gap_ms)
            known.over = after[key].end_reason
        self.take_over_ends()

    def take_over_ends(self) -> None:
        """Sessions that a refusal, their client or the operator ended were billed until that moment."""
        for session_id, session in self.stored().items():
            known = self.known[session_id]
            if session.end_reason in _OPEN or known.over not in _OPEN:
                continue
            gap_ms = known.gap_ms(self.time.steady_ms)
            known.closed_ms += max(gap_ms, known.ahead_ms)
            known.gaps += 1
            known.ahead_ms, known.over = 0, session.end_reason

    def balance(self) -> int:
        if not self.user_id:
            return 0
        return rows.account_from(
            all_rows(self.platform.database, queries.accounts_by_id, ids=[self.user_id])[0]
        ).balance.total

    def stored(self) -> dict[str, Session]:
        found = all_rows(self.platform.database, select(*queries.SESSION_COLUMNS).select_from(sessions))
        return {row.id: rows.session_from(row) for row in found if row.id in self.known}

    def used(self) -> dict[str, int]:
        total = func.sum(-ledger.c.plan_change - ledger.c.topup_change).label("total")
        found = all_rows(self.platform.database, select(ledger.c.session_id, total).group_by(ledger.c.session_id))
        return {row.session_id: row.total for row in found}


_OPEN = (None, EndReason.EXPIRED)

TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=100, stateful_step_count=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
