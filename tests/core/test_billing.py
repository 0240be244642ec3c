"""Money is whole numbers, and what goes out of one pocket is on the ledger."""

from hypothesis import given
from hypothesis import strategies as st

from bithuman.core.billing import MICRO, Activity, Balance, Entry, month_of, month_turn, plan_change, split

amounts = st.integers(0, 10**12)


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), amounts)
def test_usage_takes_all_of_the_amount_and_the_plan_first(plan: int, topup: int, amount: int) -> None:
    balance = Balance(plan, topup)
    plan_change, topup_change = split(balance, amount)
    entry = Entry("u", Activity.RUNTIME, plan_change, topup_change, 0)
    assert entry.plan_change + entry.topup_change == -amount
    assert balance.post(entry).total == balance.total - amount
    assert balance.post(entry).plan >= min(plan, 0)
    assert entry.topup_change == 0 or balance.post(entry).plan <= 0


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.integers(0, 10**9))
def test_a_new_month_lapses_the_plan_and_keeps_the_top_up(plan: int, topup: int, grant: int) -> None:
    balance = Balance(plan, topup)
    for entry in month_turn("u", balance, grant, 0):
        balance = balance.post(entry)
    assert balance == Balance(min(plan, 0) + grant, topup)


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_another_plan_brings_the_difference_and_takes_no_more_than_is_left(plan: int, before: int, after: int) -> None:
    balance = Balance(plan, 7)
    for entry in plan_change("u", balance, before, after, 0):
        balance = balance.post(entry)
    expected = plan + after - before if after > before else max(plan - (before - after), min(plan, 0))
    assert balance == Balance(expected, 7)


def test_the_month_turns_at_midnight_in_utc() -> None:
    new_year_ms = 1_798_761_600_000
    assert (month_of(new_year_ms - 1), month_of(new_year_ms)) == (202612, 202701)


def test_a_credit_is_a_million() -> None:
    assert Balance(MICRO, -1).total == 999_999
