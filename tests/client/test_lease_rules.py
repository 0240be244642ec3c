"""The lease's decisions, in microseconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bithuman.client import lease_rules as rules
from bithuman.client.answers import Grant, NoGrant
from bithuman.client.lease_rules import Act, Standing
from bithuman.client.secret import Secret
from bithuman.core.permit import PauseReason

GRANT = Grant(Secret("a.b.c"), "tx", "session", expires_in_s=300.0, heartbeat_interval_s=60.0)
OUTAGE = NoGrant("no route")
EXPIRED = NoGrant("past its time", 401, "TOKEN_EXPIRED")
REFUSED = NoGrant("not good", 401, "UNAUTHORIZED")


def live(now_s: float = 0.0) -> Standing:
    return beaten(Standing(has_secret=True), now_s, Act.EXCHANGE)


def beaten(standing: Standing, now_s: float, act: Act = Act.BEAT, grant: Grant = GRANT) -> Standing:
    return rules.granted(rules.sending(standing, act, now_s), grant)


def test_a_lease_with_a_secret_begins_with_an_exchange_and_goes_on_with_beats() -> None:
    assert rules.next_act(Standing(has_secret=True), 0.0) is Act.EXCHANGE
    assert rules.next_act(live(), 60.0) is Act.BEAT


def test_a_token_lives_from_the_moment_it_was_asked_for() -> None:
    standing = live(1000.0)
    assert (standing.due_s, standing.until_s) == (1060.0, 1300.0)


def test_a_beat_comes_before_the_end_of_a_token_shorter_than_the_interval() -> None:
    short = Grant(Secret("a.b.c"), "tx", "session", expires_in_s=30.0, heartbeat_interval_s=60.0)
    assert beaten(Standing(has_secret=True), 0.0, Act.EXCHANGE, short).due_s == 15.0


def test_a_token_past_its_time_is_exchanged_and_not_beaten() -> None:
    assert rules.next_act(live(), 299.9) is Act.BEAT
    assert rules.next_act(live(), 300.0) is Act.EXCHANGE


def test_a_token_that_may_have_been_made_for_the_first_try_lives_from_that() -> None:
    standing = rules.sending(live(), Act.BEAT, 60.0)
    standing = rules.refused(standing, Act.BEAT, OUTAGE, 70.0, 1.0)
    standing = beaten(standing, 90.0)
    assert (standing.until_s, standing.due_s) == (360.0, 120.0)
    assert beaten(standing, 120.0).until_s == 420.0


def test_an_exchange_always_makes_a_token() -> None:
    standing = rules.refused(rules.sending(live(), Act.EXCHANGE, 400.0), Act.EXCHANGE, OUTAGE, 410.0, 1.0)
    assert beaten(standing, 420.0, Act.EXCHANGE).until_s == 720.0


def test_an_outage_takes_nothing_back_and_keeps_the_number_of_the_beat() -> None:
    before = live()
    after = rules.refused(before, Act.BEAT, OUTAGE, 60.0, 0.5)
    assert (after.until_s, after.seq, after.failures, after.refused) == (before.until_s, before.seq, 1, False)


def test_every_answered_beat_has_a_number_of_its_own() -> None:
    assert beaten(live(), 60.0).seq == live().seq + 1


def test_back_off_doubles_up_to_the_interval_and_forgets_when_answered() -> None:
    standing, delays = live(), []
    for _ in range(9):
        standing = rules.refused(standing, Act.BEAT, OUTAGE, 0.0, 1.0)
        delays.append(standing.due_s)
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert beaten(standing, 0.0).failures == 0


def test_tries_come_closer_before_the_token_ends() -> None:
    standing = rules.refused(live(), Act.BEAT, OUTAGE, 60.0, 1.0)
    tries = []
    while standing.due_s < 300.0:
        tries.append(standing.due_s)
        standing = rules.refused(standing, Act.BEAT, OUTAGE, standing.due_s, 0.999)
    assert tries[-1] > 298.0
    assert len(tries) < 20


def test_a_retry_after_is_waited_for() -> None:
    busy = NoGrant("busy", 503, "UNAVAILABLE", retry_after_s=90.0)
    assert rules.refused(live(), Act.BEAT, busy, 10.0, 0.0).due_s == 100.0


@pytest.mark.parametrize(
    ("status", "reason", "then"),
    [
        (401, PauseReason.UNAUTHORIZED, Act.LOOK),
        (402, PauseReason.NO_CREDITS, Act.EXCHANGE),
        (403, PauseReason.FORBIDDEN, Act.EXCHANGE),
        (409, PauseReason.SESSION_ENDED, Act.LOOK),
    ],
)
def test_a_definite_no_is_remembered_and_probed_only_where_it_may_pass(
    status: int, reason: PauseReason, then: Act
) -> None:
    # To a heartbeat with 401 the secret is asked next: only its own 401 is definite.
    act = Act.EXCHANGE if status == 401 else Act.BEAT
    standing = rules.refused(live(), act, NoGrant("no", status), 60.0, 0.0)
    assert standing.refused
    assert standing.problem is not None
    assert standing.problem.reason is reason
    assert standing.due_s == 120.0
    assert rules.next_act(standing, 120.0) is then


def test_a_terminated_session_is_not_asked_for_again() -> None:
    standing = rules.refused(live(), Act.EXCHANGE, NoGrant("stopped", 403, "SESSION_TERMINATED"), 60.0, 0.0)
    assert standing.problem is not None
    assert standing.problem.reason is PauseReason.SESSION_ENDED
    assert rules.next_act(standing, 120.0) is Act.LOOK


@pytest.mark.parametrize("status", [None, 301, 400, 404, 429, 500, 503])
def test_any_other_answer_decides_nothing(status: int | None) -> None:
    assert not rules.refused(live(), Act.BEAT, NoGrant("?", status), 60.0, 0.0).refused


@pytest.mark.parametrize("problem", [EXPIRED, REFUSED])
def test_a_bad_token_is_no_refusal_where_there_is_a_secret(problem: NoGrant) -> None:
    standing = rules.refused(live(), Act.BEAT, problem, 60.0, 0.0)
    assert not standing.refused
    assert standing.due_s == 60.0
    assert rules.next_act(standing, 60.0) is Act.EXCHANGE


@pytest.mark.parametrize("status", [401, 409])
def test_nor_is_a_token_refused_that_ran_out_while_it_was_on_its_way(status: int) -> None:
    late = rules.refused(live(), Act.BEAT, NoGrant("no", status), 300.0, 0.0)
    assert rules.next_act(late, 300.0) is Act.EXCHANGE
    assert rules.refused(late, Act.EXCHANGE, NoGrant("no", status), 300.0, 0.0).refused


def test_an_expired_token_alone_is_the_end() -> None:
    alone = beaten(Standing(has_secret=False, has_token=True), 0.0)
    assert rules.next_act(alone, 400.0) is Act.BEAT
    standing = rules.refused(alone, Act.BEAT, EXPIRED, 400.0, 0.0)
    assert standing.refused
    assert rules.next_act(standing, 500.0) is Act.LOOK


def test_an_outage_during_a_pause_does_not_undo_the_decision() -> None:
    paused = rules.refused(live(), Act.BEAT, NoGrant("no credits", 402), 60.0, 0.0)
    standing = rules.refused(paused, Act.EXCHANGE, OUTAGE, 120.0, 0.9)
    assert standing.problem == paused.problem
    assert standing.due_s == 180.0


def test_another_secret_is_tried_at_once() -> None:
    paused = rules.refused(live(), Act.EXCHANGE, REFUSED, 60.0, 0.0)
    assert rules.next_act(paused, 120.0) is Act.LOOK
    standing = rules.another_secret(paused, 70.0)
    assert standing.due_s == 70.0
    assert rules.next_act(standing, 70.0) is Act.EXCHANGE


_events = st.lists(
    st.tuples(
        st.sampled_from(["grant", "401", "402", "403", "409", "expired", "503", "none", "secret"]),
        st.floats(0.0, 1000.0),
        st.floats(0.0, 1.0, exclude_max=True),
    ),
    max_size=40,
)


@given(events=_events, has_secret=st.booleans())
def test_whatever_happens_the_lease_acts_again_and_never_outlives_the_token(
    events: list[tuple[str, float, float]], has_secret: bool
) -> None:
    standing = Standing(has_secret=has_secret, has_token=not has_secret)
    now_s, last_grant_s, seqs = 0.0, float("-inf"), [standing.seq]
    for event, pause_s, chance in events:
        now_s = max(now_s, standing.due_s) + pause_s
        act = rules.next_act(standing, now_s)
        assert act is not Act.EXCHANGE or standing.has_secret
        if event == "secret":
            standing = rules.another_secret(standing, now_s)
        elif act is Act.LOOK:
            standing = rules.looked_in_vain(standing, now_s)
        elif event == "grant":
            standing, last_grant_s = rules.granted(rules.sending(standing, act, now_s), GRANT), now_s
        else:
            code = "TOKEN_EXPIRED" if event == "expired" else None
            status = {"none": None, "expired": 401}.get(event, 0)
            problem = NoGrant("no", int(event) if status == 0 else status, code)
            standing = rules.refused(rules.sending(standing, act, now_s), act, problem, now_s, chance)
        seqs.append(standing.seq)
        assert standing.due_s <= now_s + standing.interval_s
        assert standing.until_s <= last_grant_s + GRANT.expires_in_s
    assert seqs == sorted(seqs)
