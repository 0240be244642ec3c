"""The schedule that the operator edits."""

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from bithuman.core.plans import parse_schedule
from bithuman.errors import ConfigurationError

DEFAULTS = files("bithuman.service").joinpath("plans.toml").read_text()


def changed(section: str, name: str, **values: Any) -> dict[str, Any]:
    document = tomllib.loads(DEFAULTS)
    document[section][name] |= values
    return document


def test_the_defaults_are_those_of_the_contract() -> None:
    schedule = parse_schedule(tomllib.loads(DEFAULTS))
    assert {name: plan.sessions for name, plan in schedule.plans.items()} == {
        "free": 1,
        "creator": 3,
        "pro": 10,
        "business": 50,
        "enterprise": 200,
    }
    assert {(plan.reads_per_minute, plan.writes_per_minute) for plan in schedule.plans.values()} == {
        (120, 30),
        (240, 60),
        (720, 180),
        (1440, 360),
        (2880, 720),
    }
    assert schedule.plans["free"].credits == 99_000_000
    assert schedule.price(None).rate == 1_000_000


def test_a_name_from_elsewhere_gets_the_first_price() -> None:
    schedule = parse_schedule(changed("prices", "self_hosted") | {})
    assert schedule.price("somebody's own") == schedule.price("self_hosted")


def test_six_decimals_are_kept() -> None:
    assert parse_schedule(changed("prices", "self_hosted", credits_per_minute=0.000001)).price(None).rate == 1


@pytest.mark.parametrize(
    ("section", "name", "values", "named"),
    [
        ("plans", "free", {"sessions": 0}, "sessions"),
        ("plans", "free", {"sessions": True}, "sessions"),
        ("plans", "free", {"credits_per_month": "many"}, "credits_per_month"),
        ("plans", "free", {"credits_per_month": float("nan")}, "credits_per_month"),
        ("plans", "free", {"credits_per_month": float("inf")}, "credits_per_month"),
        ("prices", "self_hosted", {"credits_per_minute": -1}, "credits_per_minute"),
        ("prices", "self_hosted", {"credits_per_minute": 0.0000001}, "credits_per_minute"),
        ("prices", "self_hosted", {"host": ""}, "host"),
    ],
)
def test_a_mistake_is_named(section: str, name: str, values: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        parse_schedule(changed(section, name, **values))


@pytest.mark.parametrize("document", [{}, {"plans": {}}, {"plans": 3, "prices": {}}, {"plans": {"Big Plan": {}}}])
def test_a_schedule_without_tables_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        parse_schedule(document)
