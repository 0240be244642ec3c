"""What a session costs, whatever ends it, and how much may be authorised ahead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from bithuman.core.billing import MICRO
from bithuman.core.metering import (
    Step,
    abandon,
    accept,
    affordable_life_ms,
    can_return,
    pays_for_all,
    settle,
    terminate,
)
from bithuman.core.refusals import Code, Refusal
from bithuman.core.sessions import EndReason, Session, State, renew
from tests.core.test_sessions import SESSION, TIMING
from tests.doubles.records import OPENED_MS

GRACE_MS, INTERVAL_MS = TIMING.grace_ms, TIMING.heartbeat_ms


def accepted(session: Session, gap_ms: int) -> Step:
    now_ms = session.seen_ms + gap_ms
    step = accept(session, gap_ms, now_ms, TIMING)
    return Step(renew(step.session, step.session.seq + 1, now_ms, GRACE_MS), step.charge)


def settled(session: Session, gap_ms: int, reason: EndReason | None = EndReason.REVOKED) -> Step:
    return settle(session, gap_ms, reason, session.seen_ms + gap_ms, TIMING)


def abandoned(session: Session) -> Step:
    now_ms = session.expires_ms + 1
    return abandon(session, now_ms - session.seen_ms, now_ms, TIMING)


class TestAccept:
    @pytest.mark.parametrize(
        ("gap_ms", "billed_ms"), [(60_000, 60_000), (6_000, 6_000), (300_000, 300_000), (9_000_000, 300_000), (-1, 0)]
    )
    def test_bills_the_time_since_the_last_request_capped_at_the_tokens_life(self, gap_ms: int, billed_ms: int) -> None:
        step = accepted(SESSION, gap_ms)
        assert step.session.billed_ms == billed_ms
        assert step.charge == billed_ms * MICRO // 60_000

    def test_a_short_token_caps_it_lower(self) -> None:
        short = structs.replace(SESSION, expires_ms=OPENED_MS + 25_000)
        assert accepted(short, 60_000).session.billed_ms == 25_000

    def test_an_early_request_owes_its_time_and_the_next_bills_it(self) -> None:
        early = accepted(SESSION, 5_999)
        assert (early.charge, early.session.billed_ms, early.session.owed_ms) == (0, 0, 5_999)
        step = accepted(early.session, 1)
        assert (step.session.billed_ms, step.session.owed_ms) == (6_000, 0)

    @pytest.mark.parametrize("reason", [EndReason.CLOSED, EndReason.REVOKED, EndReason.SUSPENDED])
    def test_the_time_between_an_end_and_a_return_is_free(self, reason: EndReason) -> None:
        ended = settled(SESSION, 30_000, reason)
        assert accepted(ended.session, 90_000).session.billed_ms == 30_000


class TestSettle:
    @pytest.mark.parametrize(("gap_ms", "billed_ms"), [(12_000, 12_000), (1, 1), (9_000_000, 300_000), (-1, 0)])
    def test_a_refusal_bills_the_time_until_it(self, gap_ms: int, billed_ms: int) -> None:
        step = settled(SESSION, gap_ms)
        assert (step.session.billed_ms, step.session.end_reason) == (billed_ms, EndReason.REVOKED)
        assert step.session.ended_ms == OPENED_MS + gap_ms

    def test_it_bills_what_is_owed(self) -> None:
        assert settled(accepted(SESSION, 5_000).session, 1_000).session.billed_ms == 6_000

    def test_a_second_end_adds_nothing(self) -> None:
        ended = settled(SESSION, 12_000, EndReason.CLOSED).session
        assert settled(ended, 60_000) == Step(ended)

    def test_without_a_reason_the_session_goes_on_and_pays_the_rest_once(self) -> None:
        refused = settled(SESSION, 100_000, None).session
        assert (refused.billed_ms, refused.end_reason, refused.seen_ms) == (100_000, None, OPENED_MS)
        assert settled(refused, 100_000, None).charge == 0
        assert accepted(refused, 120_000).session.billed_ms == 120_000
        assert abandoned(refused).charge == 0

    def test_refusals_in_quick_succession_write_ten_rows_an_interval(self) -> None:
        session, rows = settled(SESSION, 91_000, None).session, 0
        for elapsed_ms in range(91_000, 151_000, 100):
            step = settled(session, elapsed_ms, None)
            session, rows = step.session, rows + (step.charge > 0)
        assert rows == 9
        assert settled(session, 151_000).session.billed_ms == 151_000


class TestAbandon:
    def test_it_bills_one_interval(self) -> None:
        step = abandoned(SESSION)
        assert (step.session.billed_ms, step.session.end_reason) == (INTERVAL_MS, EndReason.EXPIRED)
        assert step.session.ended_ms == SESSION.expires_ms

    def test_never_more_than_the_tokens_life(self) -> None:
        short = structs.replace(SESSION, expires_ms=OPENED_MS + 4_000)
        assert abandon(short, 4_001, short.expires_ms + 1, TIMING).session.billed_ms == 4_000

    def test_nor_than_the_time_that_it_lived(self) -> None:
        """Its token is over by a date that is being caught up with."""
        assert abandon(SESSION, 4_100, SESSION.expires_ms + 1, TIMING).session.billed_ms == 4_100

    def test_one_that_was_seen_by_a_clock_that_was_ahead_is_billed_an_interval(self) -> None:
        assert abandon(SESSION, -86_400_000, OPENED_MS - 86_400_000, TIMING).session.billed_ms == INTERVAL_MS

    def test_and_what_is_owed(self) -> None:
        assert abandoned(accepted(SESSION, 5_000).session).session.billed_ms == 5_000 + INTERVAL_MS

    def test_once(self) -> None:
        assert abandoned(abandoned(SESSION).session).charge == 0

    @pytest.mark.parametrize("late_ms", [300_001, 9_000_000])
    def test_one_that_comes_back_is_billed_the_rest(self, late_ms: int) -> None:
        step = accepted(abandoned(SESSION).session, late_ms)
        assert (step.session.billed_ms, step.session.owed_ms) == (GRACE_MS, 0)

    def test_one_whose_expired_token_is_seen_is_billed_the_rest_once(self) -> None:
        seen = settled(abandoned(SESSION).session, 400_000, EndReason.EXPIRED).session
        assert seen.billed_ms == GRACE_MS
        assert settled(seen, 500_000, EndReason.EXPIRED).charge == 0
        assert accepted(seen, 600_000).session.billed_ms == GRACE_MS

    def test_an_operator_who_terminates_it_afterwards_adds_nothing(self) -> None:
        expired = abandoned(SESSION).session
        step = terminate(expired, 400_000, OPENED_MS + 400_000, TIMING)
        assert (step.charge, step.session.end_reason) == (0, EndReason.TERMINATED)


class TestReturn:
    @pytest.mark.parametrize(("credits", "returns"), [(4, True), (3.999999, False), (0, False), (-1, False)])
    def test_an_abandoned_session_returns_if_its_rest_can_be_paid(self, credits: float, returns: bool) -> None:
        expired = abandoned(SESSION).session
        assert can_return(expired, 400_000, round(credits * MICRO), []) is returns

    def test_what_other_tokens_may_cost_is_set_aside(self) -> None:
        expired, other = abandoned(SESSION).session, structs.replace(SESSION, id="other")
        assert can_return(expired, 400_000, 9 * MICRO, [other])
        assert not can_return(expired, 400_000, 9 * MICRO - 1, [other])

    def test_one_that_owes_nothing_more_returns_without_credits(self) -> None:
        paid = settled(abandoned(SESSION).session, 400_000, EndReason.EXPIRED).session
        assert can_return(paid, 500_000, -1, [])


class TestTerminate:
    @pytest.mark.parametrize(("elapsed_ms", "billed_ms"), [(30_000, 30_000), (300_000, 300_000), (300_001, 60_000)])
    def test_it_bills_until_now_or_one_interval_if_it_has_expired(self, elapsed_ms: int, billed_ms: int) -> None:
        step = terminate(SESSION, elapsed_ms, OPENED_MS + elapsed_ms, TIMING)
        assert (step.session.billed_ms, step.session.end_reason) == (billed_ms, EndReason.TERMINATED)


moves = st.lists(
    st.tuples(st.sampled_from(["accept", "settle", "refuse", "abandon", "expired"]), st.integers(0, 400_000)),
    max_size=30,
)


@given(moves, st.integers(0, 10_000_000))
def test_whatever_happens_charges_add_up_and_no_time_is_billed_twice(moves: list[tuple[str, int]], rate: int) -> None:
    """Beside it a plain model: each millisecond after the first token is billed at most once."""
    session, now_ms, charged, lived_ms = structs.replace(SESSION, rate=rate), OPENED_MS, 0, 0
    for move, gap_ms in moves:
        now_ms += gap_ms
        lived_ms += gap_ms
        elapsed_ms = now_ms - session.seen_ms
        if move == "accept":
            step = accepted(session, elapsed_ms)
        elif move == "abandon":
            if session.state(now_ms, TIMING) is not State.ENDED:
                continue
            step = abandon(session, elapsed_ms, now_ms, TIMING)
        else:
            reason = {"settle": EndReason.REVOKED, "expired": EndReason.EXPIRED}.get(move)
            step = settle(session, elapsed_ms, reason, now_ms, TIMING)
        assert step.charge >= 0
        session, charged = step.session, charged + step.charge
        assert session.owed_ms * 10 < INTERVAL_MS
        assert session.billed_ms + max(session.owed_ms, 0) <= lived_ms
    assert charged == session.charged == rate * session.billed_ms // 60_000


class TestAffordableLife:
    @staticmethod
    def life_ms(balance: int, others: int = 0, places: int = 1, session: Session = SESSION) -> int:
        beside = [structs.replace(SESSION, id=str(number)) for number in range(others)]
        return affordable_life_ms(balance, session, beside, places, OPENED_MS, TIMING)

    @pytest.mark.parametrize(
        ("credits", "life_ms"), [(99, 300_000), (10, 300_000), (5, 150_000), (0.5, 15_000), (0.083333, 10_000)]
    )
    def test_a_token_lives_as_long_as_half_of_the_balance_pays(self, credits: float, life_ms: int) -> None:
        assert self.life_ms(round(credits * MICRO)) == life_ms

    @pytest.mark.parametrize("balance", [83_332, 0, -1])
    def test_with_less_than_five_seconds_left_there_is_none(self, balance: int) -> None:
        with pytest.raises(Refusal) as caught:
            self.life_ms(balance)
        assert caught.value.code is Code.INSUFFICIENT_BALANCE

    def test_what_other_tokens_may_cost_is_set_aside(self) -> None:
        assert self.life_ms(12 * MICRO, others=2, places=3) == 60_000
        with pytest.raises(Refusal):
            self.life_ms(10 * MICRO, others=2, places=3)

    def test_one_session_leaves_something_for_the_free_places(self) -> None:
        assert self.life_ms(11 * MICRO, places=10) == 60_000

    def test_a_client_that_crashed_leaves_something_for_its_next_start(self) -> None:
        crashed = structs.replace(SESSION, id="crashed", expires_ms=OPENED_MS + self.life_ms(5 * MICRO))
        later_ms = OPENED_MS + 100_000
        assert crashed.state(later_ms, TIMING) is State.SILENT
        assert affordable_life_ms(5 * MICRO, SESSION, [crashed], 1, later_ms, TIMING) == 75_000

    def test_what_the_session_owes_is_set_aside(self) -> None:
        assert self.life_ms(3 * MICRO, session=structs.replace(SESSION, owed_ms=60_000)) == 60_000

    def test_a_session_that_is_over_sets_nothing_aside(self) -> None:
        over = structs.replace(SESSION, id="over", end_reason=EndReason.CLOSED)
        assert affordable_life_ms(5 * MICRO, SESSION, [over], 1, OPENED_MS, TIMING) == GRACE_MS // 2

    def test_a_free_session_needs_no_credits(self) -> None:
        assert self.life_ms(-5, session=structs.replace(SESSION, rate=0)) == GRACE_MS

    @given(st.lists(st.integers(0, 300_000), min_size=1, max_size=60), st.integers(1, 20 * MICRO), st.integers(1, 50))
    def test_an_account_falls_below_zero_by_one_least_life_in_all(
        self, waits_ms: list[int], balance: int, places: int
    ) -> None:
        """Sessions open one after the other, and then all render to the end of their tokens."""
        now_ms, sessions = OPENED_MS, list[Session]()
        for number, wait_ms in enumerate(waits_ms):
            now_ms += wait_ms // 100
            session = structs.replace(SESSION, id=str(number), seen_ms=now_ms, issued_ms=now_ms, expires_ms=now_ms)
            try:
                life_ms = affordable_life_ms(balance, session, sessions, places, now_ms, TIMING)
            except Refusal:
                continue
            sessions.append(structs.replace(session, expires_ms=now_ms + life_ms))
        used = sum(settle(session, session.life_ms, None, now_ms, TIMING).charge for session in sessions)
        assert balance - used >= -5 * MICRO // 60

    def test_a_large_balance_needs_no_adding_up(self) -> None:
        assert pays_for_all(30 * MICRO, MICRO, 1, TIMING)
        assert not pays_for_all(30 * MICRO - 1, MICRO, 1, TIMING)
