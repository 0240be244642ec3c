"""A session's states, what it costs, and who may renew it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bithuman.core.refusals import Code, Refusal
from bithuman.core.sessions import (
    EndReason,
    Session,
    State,
    Timing,
    bill,
    end,
    is_repeat,
    lifetime,
    renew,
)

TIMING = Timing(60_000, 300_000)
START_MS = 1_790_000_000_000
SESSION = Session(
    id="s",
    user_id="u",
    secret_id=1,
    fingerprint="ab" * 16,
    transaction_id="t",
    provisional=False,
    pricing_code="self_hosted",
    rate=1_000_000,
    started_ms=START_MS,
    seen_ms=START_MS,
    issued_ms=START_MS,
    expires_ms=START_MS + 300_000,
)


@pytest.mark.parametrize(
    ("unseen_ms", "state"),
    [
        (0, State.LIVE),
        (90_000, State.LIVE),
        (90_001, State.SILENT),
        (300_000, State.SILENT),
        (300_001, State.ENDED),
        (-5_000, State.LIVE),
    ],
)
def test_silence_makes_a_session_silent_and_then_expired(unseen_ms: int, state: State) -> None:
    now_ms = START_MS + unseen_ms
    assert SESSION.state(now_ms, TIMING) is state
    assert SESSION.reason_ended(now_ms, TIMING) is (EndReason.EXPIRED if state is State.ENDED else None)


def test_an_expired_session_is_live_again_once_renewed() -> None:
    later_ms = START_MS + 10_000_000
    again = renew(bill(SESSION, later_ms, TIMING).session, 0, later_ms, TIMING)
    assert again.state(later_ms, TIMING) is State.LIVE
    assert again.id == SESSION.id


@pytest.mark.parametrize(
    ("gap_ms", "billed_ms"), [(60_000, 60_000), (1, 1), (0, 0), (300_000, 300_000), (9_000_000, 300_000), (-60_000, 0)]
)
def test_bills_wall_time_capped_at_the_grace(gap_ms: int, billed_ms: int) -> None:
    step = bill(SESSION, START_MS + gap_ms, TIMING)
    assert step.session.billed_ms == billed_ms
    assert step.charge == billed_ms * 1_000_000 // 60_000


def test_time_after_a_step_back_is_billed_from_there() -> None:
    back = bill(SESSION, START_MS - 3_600_000, TIMING)
    assert bill(back.session, START_MS - 3_600_000 + 60_000, TIMING).charge == 1_000_000


def test_an_ended_session_bills_no_more() -> None:
    closed = end(SESSION, EndReason.CLOSED, START_MS)
    assert bill(closed, START_MS + 60_000, TIMING).charge == 0


@given(st.lists(st.integers(-100_000, 400_000), max_size=40), st.integers(0, 10_000_000))
def test_charges_add_up_to_the_cost_of_the_time(gaps_ms: list[int], rate: int) -> None:
    session, now_ms, charged = SESSION._replace(rate=rate), START_MS, 0
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        step = bill(session, now_ms, TIMING)
        assert step.charge >= 0
        session, charged = step.session, charged + step.charge
    billed_ms = sum(min(max(gap_ms, 0), TIMING.grace_ms) for gap_ms in gaps_ms)
    assert charged == session.charged == rate * billed_ms // 60_000


class TestRepeats:
    renewed = renew(SESSION, 5, START_MS, TIMING)

    def test_the_newest_token_with_a_new_number_is_no_repeat(self) -> None:
        assert not is_repeat(self.renewed, "s.2", 6)

    def test_the_newest_token_with_an_old_number_is_one(self) -> None:
        assert is_repeat(self.renewed, "s.2", 5)
        assert is_repeat(self.renewed, "s.2", 2)

    def test_the_token_before_may_repeat_the_last_number(self) -> None:
        assert is_repeat(self.renewed, "s.1", 5)

    @pytest.mark.parametrize(("jti", "seq"), [("s.1", 6), ("s.1", 4), ("s.0", 5), ("s.0", 6)])
    def test_any_other_use_of_an_older_token_is_a_copy(self, jti: str, seq: int) -> None:
        with pytest.raises(Refusal) as caught:
            is_repeat(self.renewed, jti, seq)
        assert caught.value.code is Code.UNAUTHORIZED


def test_the_first_reason_stands_unless_an_operator_stops_it() -> None:
    closed = end(SESSION, EndReason.CLOSED, START_MS)
    assert end(closed, EndReason.REVOKED, START_MS + 1) == closed
    assert end(closed, EndReason.TERMINATED, START_MS + 1).end_reason is EndReason.TERMINATED


@pytest.mark.parametrize(("grace_ms", "issued_ms"), [(300_000, 1_790_000_000_000), (1_500, 1_790_000_000_123)])
def test_a_token_lives_for_the_grace_on_whole_seconds_where_the_grace_is(grace_ms: int, issued_ms: int) -> None:
    issued, expires = lifetime(1_790_000_000_123, Timing(1_000, grace_ms))
    assert (issued, expires) == (issued_ms, issued_ms + grace_ms)
