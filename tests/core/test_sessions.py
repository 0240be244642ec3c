"""A session's states, what it costs, and who may renew it."""

import pytest
from msgspec import structs

from bithuman.core.refusals import Code, Refusal
from bithuman.core.sessions import (
    EndReason,
    Session,
    State,
    Timing,
    end,
    has_place,
    is_repeat,
    lifetime,
    renew,
)
from tests.doubles.records import OPENED_MS, new_session

TIMING = Timing(60_000, 300_000)
SESSION = new_session()


@pytest.mark.parametrize(
    ("unseen_ms", "state"),
    [
        (0, State.LIVE),
        (90_000, State.LIVE),
        (90_001, State.SILENT),
        (300_000, State.SILENT),
        (300_001, State.ENDED),
        (-5_000, State.LIVE),
        (-90_001, State.SILENT),
        (-300_001, State.ENDED),
    ],
)
def test_silence_makes_a_session_silent_and_then_expired(unseen_ms: int, state: State) -> None:
    now_ms = OPENED_MS + unseen_ms
    assert SESSION.state(now_ms, TIMING) is state
    assert SESSION.reason_ended(now_ms, TIMING) is (EndReason.EXPIRED if state is State.ENDED else None)


@pytest.mark.parametrize(("unseen_ms", "state"), [(7_500, State.LIVE), (7_501, State.SILENT), (25_001, State.ENDED)])
def test_a_session_with_a_short_token_is_silent_and_expired_sooner(unseen_ms: int, state: State) -> None:
    short = structs.replace(SESSION, expires_ms=OPENED_MS + 25_000)
    assert short.state(OPENED_MS + unseen_ms, TIMING) is state


def test_an_expired_session_is_live_again_once_renewed() -> None:
    later_ms = OPENED_MS + 10_000_000
    again = renew(structs.replace(SESSION, seen_ms=later_ms), 0, later_ms, TIMING.grace_ms)
    assert again.state(later_ms, TIMING) is State.LIVE
    assert again.id == SESSION.id


class TestShortLives:
    @pytest.mark.parametrize(
        ("affordable_ms", "life_ms", "interval_ms"),
        [
            (10**9, 300_000, 60_000),
            (300_000, 300_000, 60_000),
            (299_999, 299_000, 59_000),
            (150_000, 150_000, 30_000),
            (25_000, 25_000, 5_000),
            (10_999, 10_000, 5_000),
            (1, 10_000, 5_000),
        ],
    )
    def test_life_and_interval_shrink_together_on_whole_seconds_and_not_below_10_and_5_s(
        self, affordable_ms: int, life_ms: int, interval_ms: int
    ) -> None:
        assert TIMING.life_ms(affordable_ms) == life_ms
        assert TIMING.interval_ms(life_ms) == interval_ms

    def test_an_operator_may_set_both_below_5_s(self) -> None:
        timing = Timing(400, 1_200)
        assert timing.life_ms(1) == 1_200
        assert timing.interval_ms(1_200) == 400
        assert Timing(2_000, 10_000).life_ms(1) == 5_000


class TestRepeats:
    renewed = renew(SESSION, 5, OPENED_MS, TIMING.grace_ms)

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
    closed = end(SESSION, EndReason.CLOSED, OPENED_MS)
    assert end(closed, EndReason.REVOKED, OPENED_MS + 1) == closed
    assert end(closed, EndReason.TERMINATED, OPENED_MS + 1).end_reason is EndReason.TERMINATED


@pytest.mark.parametrize(("grace_ms", "issued_ms"), [(300_000, 1_790_000_000_000), (1_500, 1_790_000_000_123)])
def test_a_token_lives_for_the_grace_on_whole_seconds_where_the_grace_is(grace_ms: int, issued_ms: int) -> None:
    issued, expires = lifetime(1_790_000_000_123, grace_ms)
    assert (issued, expires) == (issued_ms, issued_ms + grace_ms)


class TestPlaces:
    now_ms = OPENED_MS + 100_000
    silent = SESSION
    live = structs.replace(SESSION, id="live", seen_ms=OPENED_MS + 50_000, expires_ms=OPENED_MS + 350_000)

    def has_place(self, session: Session, *others: Session, places: int = 1) -> bool:
        return has_place(session, others, places, self.now_ms, TIMING)

    def test_a_silent_session_keeps_its_place_until_another_takes_it(self) -> None:
        assert self.has_place(self.silent)
        assert not self.has_place(self.silent, self.live)
        assert self.has_place(self.silent, self.live, places=2)

    def test_a_live_session_has_one_whatever_others_do(self) -> None:
        assert self.has_place(self.live, structs.replace(self.live, id="other"), self.silent)

    def test_of_silent_sessions_the_one_that_was_seen_last_keeps_the_place(self) -> None:
        later = structs.replace(self.silent, id="later", seen_ms=OPENED_MS + 1)
        assert self.has_place(later, self.silent)
        assert not self.has_place(self.silent, later)

    def test_a_live_session_that_was_seen_earlier_counts_too(self) -> None:
        short = structs.replace(self.live, id="short", seen_ms=OPENED_MS + 90_000, expires_ms=OPENED_MS + 115_000)
        short = structs.replace(short, issued_ms=OPENED_MS + 90_000)
        assert short.state(self.now_ms, TIMING) is State.SILENT
        assert not self.has_place(short, self.live)

    def test_an_ended_session_has_none_and_takes_none(self) -> None:
        over = end(structs.replace(self.live, id="over"), EndReason.CLOSED, self.now_ms)
        assert not self.has_place(over)
        assert self.has_place(self.silent, over)
